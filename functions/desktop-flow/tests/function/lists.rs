//! Lists, a page at a time.

use headgate_core::KeyValue;
use headgate_fakes::now;
use headgate_peers::dataverse::Ends;
use headgate_peers::issuer::Guid;
use serde_json::{Value, json};

use crate::net::Trouble;
use crate::town::{FLOW, GREET, Town, flow, get, keyed, send};

#[test]
fn a_page_of_runs_reads_two_hundred_records_at_most() {
    let town = Town::that_is_told().with("runs_per_minute", "1");
    let function = town.function();
    for number in 0..250 {
        assert_eq!(send(&function, keyed(&format!("{number}"), GREET)).status, 202);
    }
    let calls = town.store.memory().calls();
    let page = get(&function, "/runs?state=failed").json();
    assert_eq!(town.store.memory().calls() - calls, 201, "the list, and the records");
    assert_eq!(page["runs"], json!([]));
    let rest = get(&function, &format!("/{}", page["next"].as_str().unwrap())).json();
    assert_eq!(rest, json!({ "runs": [] }));
    assert_eq!(town.runs().len(), 250);
}

#[test]
fn a_record_that_nobody_can_read_is_counted_and_hides_no_other() {
    let town = Town::new();
    let function = town.function();
    for key in ["a", "b"] {
        send(&function, keyed(key, GREET));
    }
    let broken = "0".repeat(32);
    now(town.store.set(&format!("desktop-flow/runs/{broken}"), b"hunter2")).unwrap();
    let page = get(&function, "/runs").json();
    assert_eq!((page["runs"].as_array().unwrap().len(), &page["unreadable"]), (2, &json!(1)));
    let said = format!("{:?}", town.diagnostics.take());
    assert!(said.contains(&format!("run {broken} cannot be read")), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    town.store.memory().fail_with(headgate_core::KeyValueError::Unavailable("down".to_owned()));
    assert_eq!(get(&function, "/runs").status, 503, "a store that is down is no record");
}

fn many(count: u128) -> Town {
    let flows = (0..count).map(|number| {
        flow(Guid::from_u128(number + 1), &format!("Flow {number:03}"), Ends::WhenTold)
    });
    Town::with_flows(flows.collect(), |_| {})
}

#[test]
fn flows_are_shown_a_page_at_a_time_and_without_schemas_cost_one_request() {
    let town = many(120);
    let function = town.function();
    let (mut path, mut names, mut pages) = ("/flows".to_owned(), Vec::new(), 0);
    loop {
        let page = get(&function, &path).json();
        pages += 1;
        let flows = page["flows"].as_array().unwrap().clone();
        assert!(flows.len() <= 50 && flows.iter().all(|flow| flow.get("inputs").is_none()));
        names.extend(flows.iter().map(|flow| flow["name"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => path = format!("/{next}"),
            None => break,
        }
    }
    let expected: Vec<_> = (0..120).map(|number| format!("Flow {number:03}")).collect();
    assert_eq!((names, pages, town.net.requests().len()), (expected, 3, 3));
}

#[test]
fn schemas_are_shown_when_they_are_asked_for_and_on_the_next_page_too() {
    let town = many(51);
    let function = town.function();
    let page = get(&function, "/flows?schemas=true").json();
    assert_eq!(page["flows"][49]["inputs"]["properties"]["Name"]["type"], "string");
    assert_eq!(town.net.requests().len(), 101);
    let rest = get(&function, &format!("/{}", page["next"].as_str().unwrap())).json();
    assert_eq!(rest["flows"][0]["outputs"]["properties"]["Greeting"]["type"], "string");
    assert_eq!(rest.get("next"), None::<&Value>);
    assert!(get(&function, "/flows?schemas=false").json()["flows"][0].get("inputs").is_none());
}

#[test]
fn a_parameter_that_is_none_is_answered_400_and_a_page_that_is_none_by_dataverse() {
    let town = Town::new();
    let function = town.function();
    for wrong in ["/flows?schemas=yes", "/flows?after=", "/flows?x=1"] {
        assert_eq!(get(&function, wrong).result(), "QueryInvalid", "{wrong}");
    }
    let long = format!("/flows?after={}", "a".repeat(4_001));
    assert_eq!(get(&function, &long).result(), "QueryInvalid");
    assert!(town.net.requests().is_empty());
    assert_eq!(get(&function, "/flows?after=x%26%24top%3D1").result(), "ServiceRefused");
}

#[test]
fn a_link_to_a_page_that_cannot_be_named_is_not_followed() {
    let town = Town::new();
    let answer = r#"{"value":[],"@odata.nextLink":"https://evil.example/api?x=1"}"#;
    town.net.others([Trouble::Answer(200, answer, None)]);
    assert_eq!(get(&town.function(), "/flows").result(), "ServiceUnusable");
}

#[test]
fn one_flow_is_shown_with_what_goes_in_and_comes_out() {
    let town = Town::new();
    let function = town.function();
    assert_eq!(
        get(&function, "/flows").json()["flows"][0],
        json!({ "id": FLOW.to_string(), "name": "Greet" })
    );
    let one = get(&function, &format!("/flows/{FLOW}")).json();
    assert_eq!(one["inputs"]["properties"]["Name"]["type"], "string");
    assert_eq!(one["outputs"]["properties"]["Greeting"]["type"], "string");
    assert_eq!(get(&function, "/flows/x").result(), "FlowUnknown");
}
