//! What is told when a run is over.

use headgate_peers::dataverse::Ending;
use serde_json::json;

use crate::town::{GREET, Town, keyed, post, send};

#[test]
fn each_end_has_its_event() {
    for (status, event_type) in [
        (4, "dev.headgate.desktop-flow.run.succeeded"),
        (8, "dev.headgate.desktop-flow.run.failed"),
        (7, "dev.headgate.desktop-flow.run.cancelled"),
        (10, "dev.headgate.desktop-flow.run.timed-out"),
    ] {
        let town = Town::that_is_told();
        let function = town.function();
        let run = send(&function, keyed("k", GREET)).json();
        let ending = Ending { status, error: None, outputs: json!({ "Greeting": "secret" }) };
        town.dataverse.end(town.sessions()[0].id, &ending);
        assert_eq!(town.call_back(&function), [204]);
        let events = town.net.events();
        assert_eq!(events.len(), 1);
        let event = &events[0];
        assert_eq!(event["type"], event_type);
        assert_eq!(event["source"], "/headgate/desktop-flow");
        assert_eq!(event["subject"], format!("/runs/{}", run["id"].as_str().unwrap()));
        assert_eq!(event["data"]["status"]["number"], status);
        let text = event.to_string();
        assert!(
            !text.contains("secret") && !text.contains("completions") && !text.contains("Ada"),
            "{text}"
        );
    }
}

#[test]
fn nothing_is_told_before_the_end_and_a_tick_tells_nothing_twice() {
    let town = Town::that_is_told();
    let function = town.function();
    send(&function, keyed("k", GREET));
    assert!(town.net.events().is_empty());
    town.dataverse.end(town.sessions()[0].id, &crate::town::greeting());
    town.call_back(&function);
    for _ in 0..5 {
        town.advance(60);
        town.tick();
    }
    assert_eq!(town.net.events().len(), 1);
    assert_eq!(post(&function, "/tick", "").status, 200);
}

#[test]
fn a_sink_may_be_called_as_one_of_the_credentials() {
    let sinks = "[watch]\nkind = \"webhook\"\nurl = \"https://sink.example/events\"\ncredential = \"robots\"\nscope = \"https://eventgrid.azure.net/.default\"\n";
    let town = Town::that_is_told().with("sinks", sinks);
    let function = town.function();
    send(&function, keyed("k", GREET));
    town.dataverse.end(town.sessions()[0].id, &crate::town::greeting());
    town.call_back(&function);
    assert_eq!(town.net.authorizations(), [format!("Bearer {}", crate::net::TOKEN)]);
    let unknown = Town::new().with("sinks", &sinks.replace("robots", "nobody"));
    let refused = unknown.try_function().err().unwrap().to_string();
    assert!(
        refused.contains("credential") && refused.contains("none of the credentials"),
        "{refused}"
    );
}
