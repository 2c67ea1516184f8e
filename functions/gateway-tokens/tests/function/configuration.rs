use crate::town::{DAY, REGISTRATION, Town, put};

#[test]
fn a_wrong_variable_stops_the_start_and_is_named() {
    for (name, value, error) in [
        ("access", "everybody", "variable access: line 1, column "),
        ("source", "two words", "variable source must be a URI reference"),
        (
            "near_expiry_days",
            "366",
            "variable near_expiry_days must be a whole number from 0 to 365",
        ),
        ("near_expiry_days", "-1", "variable near_expiry_days must be"),
        ("near_expiry_daily", "yes", "variable near_expiry_daily must be true or false"),
        ("expired_at_expiry", "1", "variable expired_at_expiry must be true or false"),
        ("sinks", "[watch]\nkind = \"pigeon\"", "variable sinks"),
        (
            "sinks",
            "[a]\nkind = \"event-grid-topic\"\nurl = \"https://t.example\"\ncredential = \"nobody\"",
            "variable sinks: line 4, column 1: a.credential names none of the credentials",
        ),
        (
            "credentials",
            "[robots]\nkind = \"person\"",
            "variable credentials: line 2, column 1: robots.kind",
        ),
        ("token_cache_key", "hunter2", "variable token_cache_key: sealing key is not base64"),
    ] {
        let refused = Town::new().with(name, value).try_function();
        let text = refused.err().expect("it is refused").to_string();
        assert!(text.contains(error), "{text}");
    }
}

#[test]
fn the_source_is_that_of_the_events() {
    let town =
        Town::new().with("source", "/subscriptions/s/service/a").with("near_expiry_days", "30");
    put(&town.function(), "/tokens/t", REGISTRATION);
    assert_eq!(town.net.events()[0].source(), "/subscriptions/s/service/a");
}

#[test]
fn without_sinks_events_go_nowhere() {
    let town = Town::new().with("sinks", "");
    town.advance(9 * DAY);
    assert_eq!(put(&town.function(), "/tokens/t", REGISTRATION).status, 201);
    assert!(town.net.events().is_empty());
}
