//! Pace and protection.

use serde_json::json;

use crate::net::Trouble;
use crate::town::{GREET, Town, get, keyed, post, send};

#[test]
fn no_more_than_seventy_robots_are_started_a_minute_on_a_connection_and_none_is_lost() {
    let town = Town::new();
    let instances = [town.function(), town.function()];
    for number in 0..150 {
        let answer = send(&instances[number % 2], keyed(&format!("{number}"), GREET));
        assert_eq!(answer.status, 202);
    }
    assert_eq!(town.sessions().len(), 70);
    let runs = town.tick_until_over(1);
    assert!(runs.iter().all(|run| run["state"] == "succeeded") && runs.len() == 150);
    let mut begun: Vec<_> =
        town.sessions().iter().map(|session| session.created.as_secs()).collect();
    begun.sort_unstable();
    for (index, start) in begun.iter().enumerate() {
        let minute = begun[index..].iter().take_while(|other| **other < start + 60).count();
        assert!(minute <= 70, "{minute} within a minute");
    }
    assert_eq!(begun.len(), 150);
}

#[test]
fn each_connection_has_its_own_pace() {
    let town = Town::new().with("runs_per_minute", "1");
    let function = town.function();
    let reference =
        GREET.replace("\"connection\":\"robots\"", "\"connectionReference\":\"cr_robots\"");
    assert_eq!(post(&function, "/runs", GREET).json()["state"], "running");
    assert_eq!(post(&function, "/runs", GREET).json()["state"], "queued");
    assert_eq!(post(&function, "/runs", &reference).json()["state"], "running");
}

#[test]
fn each_answer_of_service_protection_holds_all_starts_of_all_instances_back_for_its_time() {
    for code in ["0x80072322", "0x80072321", "0x80072326"] {
        let town = Town::new();
        let body: &'static str =
            Box::leak(format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#).into_boxed_str());
        town.net.starts([Trouble::Answer(429, body, Some(40))]);
        let run = send(&town.function(), keyed("a", GREET)).json();
        assert_eq!(run["state"], "queued");
        assert_eq!(run["notBefore"], "2027-01-15T08:00:40.000Z");
        assert!(run["note"].as_str().unwrap().contains(code));
        assert_eq!(send(&town.function(), keyed("b", GREET)).json()["state"], "queued");
        town.advance(39);
        town.tick();
        assert_eq!(town.net.count("RunDesktopFlow"), 1);
        town.advance(1);
        town.tick();
        assert_eq!((town.net.count("RunDesktopFlow"), town.sessions().len()), (3, 2));
    }
}

#[test]
fn of_two_pauses_the_later_end_counts() {
    let town = Town::that_is_told();
    let function = town.function();
    let id = post(&function, "/runs", GREET).json()["id"].as_str().unwrap().to_owned();
    town.net.starts([Trouble::Answer(429, r#"{"error":{"code":"0x80072322"}}"#, Some(60))]);
    assert_eq!(post(&function, "/runs", GREET).json()["state"], "queued");
    town.advance(5);
    town.net.others([Trouble::Answer(429, r#"{"error":{"code":"0x80072321"}}"#, Some(5))]);
    get(&function, &format!("/runs/{id}"));
    town.advance(20);
    let waiting = post(&function, "/runs", GREET).json();
    assert_eq!((&waiting["state"], &waiting["attempts"]), (&json!("queued"), &json!(0)));
    assert_eq!(waiting["notBefore"], "2027-01-15T08:01:00.000Z");
    assert_eq!(town.net.count("RunDesktopFlow"), 2);
}

#[test]
fn what_one_connection_has_too_much_of_holds_that_connection_back_and_no_other() {
    for code in
        ["DesktopFlowsActionThrottled", "UIFlowAlreadyRunning", "LocalPlaybackOrRecordingOngoing"]
    {
        let town = Town::new();
        let body: &'static str =
            Box::leak(format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#).into_boxed_str());
        town.net.starts([Trouble::Answer(429, body, Some(40))]);
        assert_eq!(post(&town.function(), "/runs", GREET).json()["state"], "queued");
        let second = post(&town.function(), "/runs", GREET).json();
        assert_eq!((&second["state"], &second["attempts"]), (&json!("queued"), &json!(0)));
        assert_eq!(second["note"], "dataverse asks for fewer runs on the connection");
        let other =
            GREET.replace("\"connection\":\"robots\"", "\"connectionReference\":\"cr_robots\"");
        assert_eq!(post(&town.function(), "/runs", &other).json()["state"], "running", "{code}");
        town.advance(40);
        town.tick();
        assert_eq!(town.sessions().len(), 3);
    }
}

#[test]
fn protection_in_the_way_of_a_caller_is_answered_with_its_time() {
    let town = Town::new();
    town.net.others([Trouble::Answer(429, r#"{"error":{"code":"0x80072326"}}"#, Some(17))]);
    let answer = post(&town.function(), "/runs", GREET);
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, Some("17")));
    assert_eq!(answer.result(), "ServiceThrottled");
}

#[test]
fn a_token_that_is_refused_once_is_replaced_and_one_robot_started() {
    let town = Town::new();
    town.advance(3_600);
    let function = town.function();
    post(&function, "/runs", GREET);
    town.advance(120);
    town.net.starts([Trouble::Answer(401, "", None)]);
    let run = post(&function, "/runs", GREET).json();
    assert_eq!(run["state"], "running", "{run}");
    assert_eq!((town.sessions().len(), town.net.tokens()), (2, 2));
    assert_eq!(run["attempts"], json!(2));
}
