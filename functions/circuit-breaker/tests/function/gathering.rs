use std::time::Duration;

use headgate_core::Clock;

use crate::town::{ORDERS, START, Town, get};

const MANY: &str = r#"
[backends.orders]
url = "https://orders.example"

[[backends.orders.circuitBreaker.rules]]
name = "failures"
tripDuration = "PT10S"
failureCondition = { percentage = 100, minimumCalls = 100000, interval = "PT1M", statusCodeRanges = [{ min = 500, max = 599 }] }
"#;

#[test]
fn outcomes_of_fifty_milliseconds_are_stored_together() {
    let town = Town::that_goes_on(MANY);
    let function = town.function();
    for _ in 0..40 {
        get(&function, "/proxy/orders/a");
    }
    assert!(town.store.history().is_empty(), "no request waits for the store");
    town.tasks.run(town.tasks.take(), &town.clock, 1);
    assert_eq!(town.store.history().len(), 1);
    assert_eq!(get(&function, "/backends/orders").json()["rules"][0]["calls"], 40);
    assert!(town.clock.now().since(START) >= Duration::from_millis(50));
}

#[test]
fn five_hundred_outcomes_are_stored_without_waiting_for_more() {
    let town = Town::that_goes_on(MANY);
    let function = town.function();
    for _ in 0..1_001 {
        get(&function, "/proxy/orders/a");
    }
    // The clock stands still: only what need not wait comes to its end.
    let mut waiting = town.tasks.take();
    assert_eq!(waiting.len(), 3);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    waiting.retain_mut(|task| task.as_mut().poll(&mut context).is_pending());
    assert_eq!(waiting.len(), 1);
    assert_eq!(get(&function, "/backends/orders").json()["rules"][0]["calls"], 1_001);
    town.clock.advance(Duration::from_millis(50));
    town.tasks.run(waiting, &town.clock, 1);
    assert_eq!(get(&function, "/backends/orders").json()["rules"][0]["calls"], 1_001);
}

#[test]
fn the_next_outcome_after_a_turn_begins_another() {
    let town = Town::that_goes_on(ORDERS);
    let function = town.function();
    town.net.answers("orders.example", 500);
    for expected in 1..=2 {
        get(&function, "/proxy/orders/a");
        town.settle();
        assert_eq!(get(&function, "/backends/orders").json()["rules"][0]["failures"], expected);
    }
    // A turn that is cut short, as when a component is ended, keeps nobody from the next.
    get(&function, "/proxy/orders/a");
    drop(town.tasks.take());
    get(&function, "/proxy/orders/a");
    town.settle();
    assert_eq!(town.net.event_types(), ["Opened"]);
}

#[test]
fn an_event_keeps_no_request_waiting() {
    let town = Town::that_goes_on(ORDERS);
    let function = town.function();
    town.net.answers("orders.example", 500);
    for _ in 0..3 {
        assert_eq!(get(&function, "/proxy/orders/a").status, 500);
    }
    assert!(town.net.events().is_empty());
    town.settle();
    assert_eq!(town.net.event_types(), ["Opened"]);
}
