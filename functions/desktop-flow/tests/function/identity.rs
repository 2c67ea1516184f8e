//! A moment without whoever gives tokens.

use crate::net::Trouble;
use crate::town::{GREET, Town, get, keyed, post, send};

#[test]
fn a_queued_run_waits_while_the_identity_endpoint_is_away() {
    let town = Town::new();
    town.net.starts([Trouble::Answer(429, "", Some(5))]);
    let run = send(&town.function(), keyed("k", GREET)).json();
    assert_eq!(run["state"], "queued");
    town.net.identity(false);
    town.advance(10);
    town.tick();
    let run = town.runs()[0].clone();
    assert_eq!(run["state"], "queued", "{run}");
    assert!(run["note"].as_str().unwrap().starts_with("no token: "), "{run}");
    town.net.identity(true);
    town.advance(60);
    town.tick();
    assert_eq!((town.runs()[0]["state"].as_str(), town.sessions().len()), (Some("running"), 1));
}

#[test]
fn a_token_that_is_refused_while_there_is_no_other_ends_no_run() {
    let town = Town::new();
    town.advance(3_600);
    let function = town.function();
    post(&function, "/runs", GREET);
    town.advance(120);
    town.net.starts([Trouble::Answer(401, "", None)]);
    town.net.identity(false);
    let run = post(&function, "/runs", GREET).json();
    assert_eq!(run["state"], "queued", "{run}");
    town.net.identity(true);
    let runs = town.tick_until_over(1);
    assert!(runs.iter().all(|run| run["state"] == "succeeded"), "{runs:?}");
    assert_eq!(town.sessions().len(), 2);
}

#[test]
fn a_run_whose_session_is_not_read_for_want_of_a_token_goes_on() {
    let town = Town::that_is_told();
    let run =
        post(&town.function(), "/runs", &GREET.replace("\"mode\"", "\"timeout\":60,\"mode\""));
    town.net.identity(false);
    town.advance(3 * 3_600);
    town.tick();
    let path = format!("/runs/{}", run.json()["id"].as_str().unwrap());
    assert_eq!(get(&town.function(), &path).json()["state"], "running");
    town.net.identity(true);
    town.dataverse.end(town.sessions()[0].id, &crate::town::greeting());
    town.advance(600);
    town.tick();
    assert_eq!(town.runs()[0]["state"], "succeeded");
}
