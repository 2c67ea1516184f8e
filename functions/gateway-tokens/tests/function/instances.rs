use std::sync::Arc;

use headgate_core::Handler;

use crate::town::{ATTEMPT, DAY, Function, REGISTRATION, Town, request};
use headgate_fakes::Task;

fn ask(function: &Arc<Function>, method: &'static str, path: &'static str, body: String) -> Task {
    let function = Arc::clone(function);
    Box::pin(async move {
        let response = function.handle(request(method, path, &body)).await;
        assert!(response.status().is_success(), "{method} {path}: {}", response.status());
    })
}

#[test]
fn two_instances_say_everything_once_however_they_interleave() {
    for seed in 0..60 {
        let town = Town::that_goes_on().with("expired_at_expiry", "true");
        let instances = [Arc::new(town.function()), Arc::new(town.function())];
        let both = |seed: u64, method: &'static str, path: &'static str, body: &str| {
            let tasks = instances.iter().map(|one| ask(one, method, path, body.to_owned()));
            town.tasks.run(tasks.collect(), &town.clock, seed);
        };
        both(seed, "PUT", "/tokens/t", REGISTRATION);
        town.advance(4 * DAY);
        both(seed + 1_000, "POST", "/tick", "");
        assert_eq!(town.net.said(), ["GatewayTokenNearExpiry /gateways/gw/one"], "seed {seed}");
        town.advance(7 * DAY);
        let tasks = instances.iter().flat_map(|one| {
            [
                ask(one, "POST", "/attempts", ATTEMPT.to_owned()),
                ask(one, "POST", "/tick", String::new()),
            ]
        });
        town.tasks.run(tasks.collect(), &town.clock, seed + 2_000);
        assert_eq!(town.net.said().len(), 2, "seed {seed}");
        assert_eq!(town.net.said()[1], "GatewayTokenExpired /gateways/gw/one");
        let reports = town.diagnostics.take();
        assert!(reports.is_empty(), "{reports:?}");
    }
}

#[test]
fn a_deletion_takes_no_event_with_it_that_another_instance_has_just_recorded() {
    let mut arrived = Vec::new();
    for seed in 0..100 {
        let town = Town::that_goes_on();
        let instances = [Arc::new(town.function()), Arc::new(town.function())];
        let run = |tasks: Vec<Task>| town.tasks.run(tasks, &town.clock, seed);
        run(vec![ask(&instances[0], "PUT", "/tokens/t", REGISTRATION.to_owned())]);
        town.advance(4 * DAY);
        let [one, two] = &instances;
        run(vec![
            ask(one, "DELETE", "/tokens/t", String::new()),
            ask(two, "POST", "/tick", String::new()),
        ]);
        let recorded = town.store.history().iter().any(|record| !record["events"].is_null());
        assert_eq!(town.net.said().len(), usize::from(recorded), "seed {seed}");
        arrived.push(recorded);
    }
    assert!(arrived.contains(&true) && arrived.contains(&false), "both come first at times");
}
