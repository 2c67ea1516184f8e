use std::sync::Arc;

use headgate_core::Handler;

use crate::town::{Function, ORDERS, Town, get, request};
use headgate_fakes::Task;

fn instances(town: &Town) -> Vec<Arc<Function>> {
    (0..8).map(|_| Arc::new(town.function())).collect()
}

fn ask(function: &Arc<Function>, method: &'static str, path: &'static str, body: String) -> Task {
    let function = Arc::clone(function);
    Box::pin(async move {
        let response = function.handle(request(method, path, &body)).await;
        assert_ne!(response.status(), 404);
        drop(response.into_body().read(1_000_000).await);
    })
}

/// Eight instances, failures from requests and reports in any order: one Opened; ticks of all at once: one Closed.
#[test]
fn eight_instances_say_each_trip_once_however_they_interleave() {
    for seed in 0..40 {
        let mut town = Town::that_goes_on(ORDERS);
        town.store = town.store.yielding();
        town.net.answers("orders.example", 500);
        let instances = instances(&town);
        let mut expected = Vec::new();
        for round in 0..3 {
            let mut tasks: Vec<Task> = Vec::new();
            for (number, function) in instances.iter().enumerate() {
                for call in 0..4 {
                    tasks.push(ask(function, "GET", "/proxy/orders/a", String::new()));
                    let report = format!(
                        r#"{{"backend":"orders","id":"{round}.{number}.{call}","status":503}}"#
                    );
                    tasks.push(ask(function, "POST", "/outcomes", report));
                }
            }
            town.tasks.run(tasks, &town.clock, seed * 10 + round);
            expected.push("Opened");
            assert_eq!(town.net.event_types(), expected, "seed {seed}");
            town.advance(11);
            let ticks =
                instances.iter().map(|function| ask(function, "POST", "/tick", String::new()));
            town.tasks.run(ticks.collect(), &town.clock, seed * 10 + round + 5);
            expected.push("Closed");
            assert_eq!(town.net.event_types(), expected, "seed {seed}");
        }
        let reports = town.diagnostics.take();
        assert!(reports.is_empty(), "{reports:?}");
    }
}

/// What several instances count together is what one would have counted.
#[test]
fn no_outcome_is_lost_and_none_counts_twice_among_eight_instances() {
    let document = ORDERS.replace("count = 3", "count = 100000");
    for seed in 0..20 {
        let mut town = Town::that_goes_on(&document);
        town.store = town.store.yielding();
        town.net.answers("orders.example", 500);
        let instances = instances(&town);
        let mut tasks: Vec<Task> = Vec::new();
        for function in &instances {
            for call in 0..12 {
                tasks.push(ask(function, "GET", "/proxy/orders/a", String::new()));
                // Each report comes from every instance.
                let report = format!(
                    r#"{{"backend":"orders","id":"{call}","errorReason":"x","status":500}}"#
                );
                tasks.push(ask(function, "POST", "/outcomes", report));
            }
        }
        town.tasks.run(tasks, &town.clock, seed);
        town.store = town.store.at_hand();
        let shown = get(&town.function(), "/backends/orders").json();
        assert_eq!(shown["rules"][0]["failures"], 8 * 12 + 12, "seed {seed}");
    }
}

/// An instance stores one after the other, so none of them asks in vain: each reads the record and writes it.
#[test]
fn reports_to_one_instance_at_the_same_time_cost_what_they_cost_one_after_the_other() {
    let mut town = Town::that_goes_on(&ORDERS.replace("count = 3", "count = 100000"));
    town.store = town.store.yielding();
    let function = Arc::new(town.function());
    let report = |number: u32| -> Task {
        let function = Arc::clone(&function);
        Box::pin(async move {
            let report = format!(r#"{{"backend":"orders","id":"{number}","status":500}}"#);
            let response = function.handle(request("POST", "/outcomes", &report)).await;
            assert_eq!(response.status(), 200, "report {number}");
        })
    };
    let before = town.store.calls();
    town.tasks.run((0..200).map(report).collect(), &town.clock, 1);
    assert_eq!(town.store.calls() - before, 400);
    town.store = town.store.at_hand();
    let shown = get(&town.function(), "/backends/orders").json();
    assert_eq!(shown["rules"][0]["failures"], 200);
}
