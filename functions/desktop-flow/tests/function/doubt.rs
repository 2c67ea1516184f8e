//! What is done when nobody knows whether a robot was started.

use std::time::Duration;

use headgate_core::Handler;
use serde_json::json;

use crate::net::Trouble;
use crate::town::{GREET, Town, get, greeting, keyed, post, send};

fn state(town: &Town, id: &str) -> String {
    get(&town.function(), &format!("/runs/{id}")).json()["state"].as_str().unwrap().to_owned()
}

#[test]
fn a_start_whose_answer_says_nothing_is_looked_for_and_found() {
    for trouble in [
        Trouble::LostAfter,
        Trouble::DoneAndAnswers(200, "{}"),
        Trouble::DoneAndAnswers(500, ""),
        Trouble::DoneAndAnswers(503, r#"{"error":{"code":"0x80060000","message":"m"}}"#),
        Trouble::DoneAndAnswers(408, ""),
    ] {
        let town = Town::new();
        town.net.starts([trouble.clone()]);
        let run = send(&town.function(), keyed("k", GREET)).json();
        assert_eq!(run["state"], "running", "{trouble:?}: {run}");
        assert_eq!(run["session"], town.sessions()[0].id.to_string());
        assert_eq!((town.net.count("RunDesktopFlow"), town.sessions().len()), (1, 1));
    }
}

#[test]
fn without_the_operators_word_a_start_that_nobody_sees_is_never_sent_again() {
    let town = Town::new();
    send(&town.function(), keyed("before", GREET));
    town.net.starts([Trouble::LostBefore]);
    let run = send(&town.function(), keyed("k", GREET)).json();
    assert_eq!(run["state"], "uncertain");
    for _ in 0..20 {
        town.advance(600);
        town.tick();
        assert_eq!(send(&town.function(), keyed("k", GREET)).json()["state"], "uncertain");
    }
    assert_eq!(town.net.count("RunDesktopFlow"), 2);
    let runs = town.tick_until_over(30);
    let failure = runs.iter().find(|run| run["state"] == "uncertain").unwrap()["failure"].clone();
    assert_eq!(failure["code"], "StartUncertain");
    let types: Vec<_> = town.net.events().iter().map(|event| event["type"].clone()).collect();
    assert!(types.contains(&json!("dev.headgate.desktop-flow.run.uncertain")), "{types:?}");
}

#[test]
fn with_the_operators_word_it_is_sent_again_once_that_time_is_over_and_not_before() {
    let town = Town::new().with("settle_seconds", "60");
    send(&town.function(), keyed("before", GREET));
    town.net.starts([Trouble::LostBefore]);
    let id = send(&town.function(), keyed("k", GREET)).json()["id"].as_str().unwrap().to_owned();
    town.advance(59);
    town.tick();
    assert_eq!((state(&town, &id).as_str(), town.sessions().len()), ("uncertain", 1));
    for _ in 0..4 {
        town.advance(60);
        town.tick();
    }
    assert_eq!(town.sessions().len(), 2);
    assert_eq!(town.tick_until_over(1).iter().filter(|run| run["state"] == "succeeded").count(), 2);
}

#[test]
fn whoever_has_never_been_shown_a_session_of_the_flow_takes_its_absence_for_no_proof() {
    let town = Town::new().with("settle_seconds", "60");
    town.net.starts([Trouble::LostBefore]);
    let id = send(&town.function(), keyed("k", GREET)).json()["id"].as_str().unwrap().to_owned();
    for _ in 0..10 {
        town.advance(120);
        town.tick();
    }
    assert_eq!((state(&town, &id).as_str(), town.sessions().len()), ("uncertain", 0));
    // Another run of the flow is seen, and so would this one's have been.
    send(&town.function(), keyed("other", GREET));
    for _ in 0..10 {
        town.advance(120);
        town.tick();
    }
    assert_eq!((state(&town, &id).as_str(), town.sessions().len()), ("succeeded", 2));
}

#[test]
fn a_caller_without_ownership_of_the_flow_proves_nothing_by_seeing_nothing() {
    let ends = headgate_peers::dataverse::Ends::After(Duration::from_secs(10), greeting());
    let flows = vec![crate::town::flow(crate::town::FLOW, "Greet", ends)];
    let town =
        Town::with_flows(flows, |config| config.is_owner = false).with("settle_seconds", "60");
    send(&town.function(), keyed("before", GREET));
    town.net.starts([Trouble::LostAfter]);
    send(&town.function(), keyed("k", GREET));
    town.tick_until_over(3);
    assert_eq!((town.sessions().len(), town.net.count("RunDesktopFlow")), (2, 2));
}

#[test]
fn a_session_that_shows_late_is_found_and_no_second_one_is_started() {
    let town = Town::new().with("settle_seconds", "120");
    send(&town.function(), keyed("before", GREET));
    town.dataverse.hide_new_sessions_for(Duration::from_secs(60));
    town.net.starts([Trouble::LostAfter]);
    let run = send(&town.function(), keyed("k", GREET)).json();
    assert_eq!(run["state"], "uncertain");
    town.tick_until_over(1);
    assert_eq!(
        (state(&town, run["id"].as_str().unwrap()).as_str(), town.sessions().len()),
        ("succeeded", 2)
    );
}

/// The bound when the operator's word was wrong: the second robot is stopped as soon as both are seen.
#[test]
fn a_second_robot_that_a_wrong_word_has_started_is_cancelled_as_soon_as_it_is_seen() {
    let town = Town::that_is_told().with("settle_seconds", "10");
    send(&town.function(), keyed("before", GREET));
    town.advance(100);
    town.dataverse.hide_new_sessions_for(Duration::from_secs(90));
    town.net.starts([Trouble::LostAfter]);
    let id = send(&town.function(), keyed("k", GREET)).json()["id"].as_str().unwrap().to_owned();
    for _ in 0..40 {
        town.advance(15);
        town.tick();
    }
    let sessions = town.sessions();
    assert_eq!(sessions.len(), 3, "the word was wrong");
    let run = get(&town.function(), &format!("/runs/{id}")).json();
    let (its, others): (Vec<_>, Vec<_>) =
        sessions[1..].iter().partition(|session| run["session"] == session.id.to_string());
    assert_eq!((its[0].has_ended(), others[0].status), (false, 7));
}

#[test]
fn where_there_was_no_connection_nothing_was_started_and_it_is_sent_again() {
    let town = Town::new();
    town.net.starts([Trouble::Refused, Trouble::Refused]);
    let run = send(&town.function(), keyed("k", GREET)).json();
    assert_eq!(run["state"], "queued");
    assert!(run["note"].as_str().unwrap().contains("cannot be reached"));
    let runs = town.tick_until_over(1);
    assert_eq!(
        (runs[0]["state"].as_str(), runs[0]["attempts"].as_u64()),
        (Some("succeeded"), Some(3))
    );
    assert_eq!(town.sessions().len(), 1);
}

#[test]
fn what_nobody_could_start_within_an_hour_is_given_up_and_told() {
    let town = Town::new();
    town.net.all_starts(Some(Trouble::Refused));
    send(&town.function(), keyed("k", GREET));
    let runs = town.tick_until_over(3);
    assert_eq!(runs[0]["failure"]["code"], "NotStarted");
    assert_eq!(runs[0]["failure"]["retryable"], true);
    assert_eq!(town.net.events()[0]["type"], "dev.headgate.desktop-flow.run.failed");
}

#[test]
fn a_callback_that_comes_before_the_answer_is_stored_settles_the_run() {
    use std::task::{Context, Waker};
    let mut seen = 0;
    for polls in 0..200 {
        let town = Town::that_is_told();
        let steady =
            Town { store: town.store.yielding(), net: town.net.yielding(), ..town.clone() };
        let function = steady.function();
        let mut request = Box::pin(function.handle(keyed("k", GREET)));
        let mut context = Context::from_waker(Waker::noop());
        let is_ready = (0..polls).any(|_| request.as_mut().poll(&mut context).is_ready());
        if is_ready {
            break;
        }
        let Some(session) = town.sessions().first().cloned() else { continue };
        // It lives on, and is held up; meanwhile the robot ends and Dataverse calls another instance back.
        town.dataverse.end(session.id, &greeting());
        assert_eq!(town.call_back(&town.function()), [204], "after {polls} polls");
        while request.as_mut().poll(&mut context).is_pending() {}
        let run = town.runs()[0].clone();
        assert_eq!(
            (&run["state"], &run["session"]),
            (&json!("succeeded"), &json!(session.id.to_string()))
        );
        assert_eq!((town.sessions().len(), town.net.events().len()), (1, 1));
        seen += 1;
    }
    assert!(seen > 2, "the answer waits {seen} times after the robot was started");
}

#[test]
fn a_cancellation_that_comes_while_it_is_started_is_carried_out() {
    use std::task::{Context, Waker};
    let mut seen = 0;
    for polls in 0..200 {
        let town = Town::that_is_told();
        let steady =
            Town { store: town.store.yielding(), net: town.net.yielding(), ..town.clone() };
        let function = steady.function();
        let mut request = Box::pin(function.handle(keyed("k", GREET)));
        let mut context = Context::from_waker(Waker::noop());
        if (0..polls).any(|_| request.as_mut().poll(&mut context).is_ready()) {
            break;
        }
        let Some(run) = town.runs().first().cloned() else { continue };
        post(&town.function(), &format!("/runs/{}:cancel", run["id"].as_str().unwrap()), "");
        while request.as_mut().poll(&mut context).is_pending() {}
        let runs = town.tick_until_over(1);
        assert_eq!(runs[0]["state"], "cancelled", "after {polls} polls");
        assert!(town.sessions().iter().all(|session| session.status == 7));
        seen += 1;
    }
    assert!(seen > 5, "{seen}");
}
