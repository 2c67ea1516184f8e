//! A run from its request to its end.

use headgate_peers::dataverse::{Ending, Ends};
use headgate_peers::issuer::Guid;
use serde_json::json;

use crate::net::Trouble;
use crate::town::{FLOW, GREET, Town, flow, get, greeting, keyed, post, request, send};

#[test]
fn a_robot_is_started_and_its_outputs_are_there_once_dataverse_has_called_back() {
    let town = Town::new();
    let function = town.function();
    let answer = post(&function, "/runs", GREET);
    assert_eq!(answer.status, 202, "{}", answer.body);
    let run = answer.json();
    let id = run["id"].as_str().unwrap();
    assert_eq!(answer.header("location"), Some(format!("runs/{id}").as_str()));
    assert_eq!(run["state"], "running");
    assert_eq!(run["flow"], json!({ "id": FLOW.to_string(), "name": "Greet" }));
    let sessions = town.sessions();
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0].inputs, json!({ "Name": "Ada" }));
    assert_eq!(run["session"], sessions[0].id.to_string());
    assert!(!answer.body.contains("completions"), "the callback's address is not shown");

    town.advance(10);
    assert_eq!(town.call_back(&function), [204]);
    let requests = town.net.requests().len();
    let answer = get(&function, &format!("/runs/{id}"));
    let run = answer.json();
    assert_eq!(run["state"], "succeeded");
    assert_eq!(run["status"], json!({ "name": "Succeeded", "number": 4 }));
    assert_eq!(run["outputs"], json!({ "Greeting": "Hello, Ada!" }));
    assert_eq!(run["startedOn"], "2027-01-15T08:00:00Z");
    assert_eq!(run["completedOn"], "2027-01-15T08:00:10Z");
    assert_eq!(town.net.requests().len(), requests + 1, "the outputs alone were read");
    assert_eq!(town.net.tokens(), 1);
}

#[test]
fn an_answer_that_waits_has_the_end() {
    let town = Town::with_flows(
        vec![flow(FLOW, "Greet", Ends::After(std::time::Duration::ZERO, greeting()))],
        |_| {},
    );
    let function = town.function();
    let body = GREET.replace("\"flow\"", "\"wait\":30,\"flow\"");
    let mut answer =
        Box::pin(headgate_fakes::Answered::read(&function, request("POST", "/runs", &body)));
    use futures_util::FutureExt;
    let answer = loop {
        if let Some(answer) = answer.as_mut().now_or_never() {
            break answer;
        }
        town.clock.advance(std::time::Duration::from_millis(500));
    };
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["outputs"], json!({ "Greeting": "Hello, Ada!" }));
    assert_eq!(answer.header("retry-after"), None);
}

#[test]
fn a_failure_says_its_code_and_what_to_do() {
    for (code, retryable) in
        [("NoCandidateMachine", true), ("SessionCreationInvalidCredentials", false)]
    {
        let town = Town::that_is_told();
        let function = town.function();
        let id = post(&function, "/runs", GREET).json()["id"].as_str().unwrap().to_owned();
        town.dataverse.end(town.sessions()[0].id, &Ending::failed(code, "It said so."));
        assert_eq!(town.call_back(&function), [204]);
        let failure = get(&function, &format!("/runs/{id}")).json()["failure"].clone();
        assert_eq!(failure["code"], code);
        assert_eq!(failure["message"], "It said so.");
        assert_eq!(failure["retryable"], retryable);
        assert!(failure["advice"].as_str().unwrap().contains(':'));
    }
}

#[test]
fn every_status_of_a_session_is_told_by_name_and_number() {
    let names = [
        "NotSpecified",
        "Paused",
        "Running",
        "Waiting",
        "Succeeded",
        "Skipped",
        "Suspended",
        "Cancelled",
        "Failed",
        "Faulted",
        "TimedOut",
        "Aborted",
        "Ignored",
        "Deleted",
        "Terminated",
    ];
    let state = |number| match number {
        4 => "succeeded",
        7 | 14 => "cancelled",
        10 => "timedOut",
        0..=3 | 6 => "running",
        _ => "failed",
    };
    for (number, name) in (0..).zip(names) {
        let town = Town::that_is_told();
        let function = town.function();
        let id = post(&function, "/runs", GREET).json()["id"].as_str().unwrap().to_owned();
        let ending = Ending { status: number, error: None, outputs: json!({}) };
        town.dataverse.end(town.sessions()[0].id, &ending);
        town.advance(5);
        let run = get(&function, &format!("/runs/{id}")).json();
        assert_eq!(run["status"], json!({ "name": name, "number": number }));
        assert_eq!(run["state"], state(number), "{name}");
    }
}

#[test]
fn inputs_are_checked_before_anything_is_sent() {
    let town = Town::new();
    let function = town.function();
    for (inputs, detail) in [
        (r#"{"Name":7}"#, "input \"Name\" must be a string"),
        (r#"{"name":"Ada"}"#, "the flow has no input \"name\"; did you mean \"Name\"?"),
    ] {
        let answer = post(&function, "/runs", &GREET.replace(r#"{"Name":"Ada"}"#, inputs));
        assert_eq!((answer.status.as_u16(), answer.result()), (422, "InputsInvalid"));
        assert_eq!(answer.json()["detail"], detail);
    }
    assert!(town.sessions().is_empty() && town.keys("desktop-flow/runs/").is_empty());
    assert_eq!(town.net.count("RunDesktopFlow"), 0);
}

#[test]
fn numbers_arrive_with_all_their_digits() {
    let town = Town::new();
    let body = GREET
        .replace(r#"{"Name":"Ada"}"#, r#"{"Count":12345678901234567890.12345678901234567890}"#);
    assert_eq!(post(&town.function(), "/runs", &body).status, 202);
    assert_eq!(town.sessions().len(), 1);
}

#[test]
fn long_inputs_are_kept_in_pieces_and_forgotten_once_the_robot_has_them() {
    let town = Town::new();
    let name = "x".repeat(1_900_000);
    let answer = post(&town.function(), "/runs", &GREET.replace("Ada", &name));
    assert_eq!(answer.status, 202, "{}", answer.body);
    assert_eq!(town.sessions()[0].inputs["Name"].as_str().unwrap().len(), 1_900_000);
    assert!(town.keys("desktop-flow/inputs/").is_empty());
}

#[test]
fn a_flow_is_found_by_id_or_by_a_name_that_only_it_has() {
    let double = |id| flow(Guid::from_u128(id), "Double", Ends::WhenTold);
    let town = Town::with_flows(
        vec![flow(FLOW, "Bob's flow", Ends::WhenTold), double(2), double(3)],
        |_| {},
    );
    let function = town.function();
    let run = |name: &str| {
        let body = json!({ "flow": name, "mode": "attended", "connection": "robots" });
        post(&function, "/runs", &body.to_string())
    };
    assert_eq!(run("Bob's flow").status, 202);
    assert_eq!(run(&FLOW.to_string().to_uppercase()).status, 202);
    assert_eq!((run("Double").status.as_u16(), run("Double").result()), (409, "FlowAmbiguous"));
    assert_eq!(run(&Guid::from_u128(3).to_string()).status, 202);
    for unknown in ["Nobody", "' or name ne '", "00000000-0000-0000-0000-000000000099"] {
        assert_eq!((run(unknown).status.as_u16(), run(unknown).result()), (404, "FlowUnknown"));
    }
}

#[test]
fn everything_that_can_be_said_of_a_run_reaches_dataverse() {
    let town = Town::that_is_told();
    let body = r#"{"flow":"Greet","mode":"attended","priority":"high","timeout":7200,"connectionReference":"cr_robots"}"#;
    let answer = post(&town.function(), "/runs", body);
    assert_eq!(answer.status, 202);
    assert_eq!(town.sessions()[0].connection, "cr_robots");
    let run = answer.json();
    assert_eq!(run["connectionType"], "reference");
    assert_eq!((run["priority"].as_str(), run["timeout"].as_u64()), (Some("high"), Some(7_200)));
}

#[test]
fn what_dataverse_refuses_is_a_run_that_failed_and_says_why() {
    let town = Town::new();
    let function = town.function();
    let answer = post(&function, "/runs", &GREET.replace("robots", "nobody"));
    assert_eq!(answer.status, 200);
    let run = answer.json();
    assert_eq!(run["state"], "failed");
    assert_eq!(run["failure"]["code"], "0x80040217");
    assert_eq!(run["failure"]["message"], "The connection was not found.");
    for (status, code, advice) in [
        (403, "0x80040220", "privilege"),
        (401, "0x80072560", "application user"),
        (400, "NoUnlockedActiveSessionForAttended", "unlock"),
    ] {
        let body: &'static str =
            Box::leak(format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#).into_boxed_str());
        town.net.starts([Trouble::Answer(status, body, None)]);
        let failure = post(&function, "/runs", GREET).json()["failure"].clone();
        assert_eq!(failure["code"], code);
        assert!(failure["advice"].as_str().unwrap().contains(advice), "{failure}");
    }
    assert!(town.sessions().is_empty());
}

#[test]
fn a_run_is_cancelled_wherever_it_is() {
    let town = Town::that_is_told();
    let function = town.function();
    let id = post(&function, "/runs", GREET).json()["id"].as_str().unwrap().to_owned();
    let cancel = format!("/runs/{id}:cancel");
    let answer = post(&function, &cancel, "");
    assert_eq!((answer.status.as_u16(), &answer.json()["state"]), (200, &json!("cancelled")));
    assert_eq!(town.sessions()[0].cancels, 1);
    assert_eq!(post(&function, &cancel, "").json()["state"], "cancelled");
    assert_eq!(town.sessions()[0].cancels, 1, "a run that is over is left alone");

    town.net.starts([Trouble::Answer(429, "", Some(60))]);
    let queued = post(&function, "/runs", GREET).json();
    assert_eq!(queued["state"], "queued");
    let answer = post(&function, &format!("/runs/{}:cancel", queued["id"].as_str().unwrap()), "");
    assert_eq!(answer.json()["state"], "cancelled");
    assert_eq!(town.tick_until_over(1).len(), 2);
    assert_eq!(town.sessions().len(), 1);
}

#[test]
fn a_callback_is_no_more_than_a_reason_to_look() {
    let town = Town::that_is_told();
    let function = town.function();
    let id = post(&function, "/runs", GREET).json()["id"].as_str().unwrap().to_owned();
    let address = town.sessions()[0].callback.clone().unwrap();
    let path = address.strip_prefix("https://robots.example.com/desktop-flow").unwrap();
    let forged =
        r#"{"statuscode":4,"statecode":0,"flowsessionid":"00000000-0000-0000-0000-000000000000"}"#;
    town.advance(5);
    assert_eq!(post(&function, path, forged).status, 503);
    assert_eq!(get(&function, &format!("/runs/{id}")).json()["state"], "running");
    let before = town.net.requests().len();
    for _ in 0..5 {
        assert_eq!(post(&function, path, forged).status, 503);
    }
    assert_eq!(town.net.requests().len(), before, "who calls often does not make it ask often");

    town.dataverse.end(town.sessions()[0].id, &greeting());
    town.advance(5);
    for _ in 0..3 {
        assert_eq!(post(&function, path, "not even JSON").status, 204);
    }
    assert_eq!(town.net.events().len(), 1);
    for wrong in [
        format!("/completions/{id}.wrong"),
        format!("/completions/{id}"),
        "/completions/x".to_owned(),
        path.replace(&id[..4], "ffff"),
    ] {
        assert_eq!(post(&function, &wrong, forged).status, 404, "{wrong}");
    }
    for _ in 0..200 {
        post(&function, &format!("/completions/{id}.guess"), "");
    }
    assert_eq!(
        post(&function, &format!("/completions/{id}.guess"), "").result(),
        "CallbacksTooMany"
    );
}

#[test]
fn a_run_whose_callback_never_comes_is_found_by_the_tick() {
    let town = Town::new();
    post(&town.function(), "/runs", GREET);
    let runs = town.tick_until_over(1);
    assert_eq!(runs[0]["state"], "succeeded");
    assert_eq!(town.net.events().len(), 1);
    assert!(
        town.keys("desktop-flow/open/").is_empty() || {
            town.tick();
            town.keys("desktop-flow/open/").is_empty()
        }
    );
}

#[test]
fn a_robot_that_never_ends_is_timed_out_and_one_that_cannot_be_read_says_why() {
    let town = Town::that_is_told();
    post(&town.function(), "/runs", &GREET.replace("\"mode\"", "\"timeout\":600,\"mode\""));
    let runs = town.tick_until_over(2);
    assert_eq!(
        (&runs[0]["state"], &runs[0]["failure"]["code"]),
        (&json!("timedOut"), &json!("Overdue"))
    );

    let town = Town::with_flows(vec![flow(FLOW, "Greet", Ends::WhenTold)], |config| {
        config.is_owner = false
    });
    post(&town.function(), "/runs", GREET);
    town.advance(60);
    town.tick();
    let note = town.runs()[0]["note"].clone();
    assert!(note.as_str().unwrap().contains("must own the flow"), "{note}");
    assert_eq!(town.tick_until_over(5)[0]["state"], "running", "nothing says that it ended");
    let runs = town.tick_until_over(30);
    assert_eq!(
        (&runs[0]["state"], &runs[0]["failure"]["code"]),
        (&json!("uncertain"), &json!("Unread"))
    );
}

#[test]
fn a_read_that_fails_after_the_deadline_ends_no_run() {
    let town = Town::that_is_told();
    post(&town.function(), "/runs", &GREET.replace("\"mode\"", "\"timeout\":60,\"mode\""));
    town.advance(10);
    town.tick();
    town.advance(3_600);
    for trouble in [
        Trouble::Answer(503, "", None),
        Trouble::Answer(403, r#"{"error":{"code":"0x80040220","message":"m"}}"#, None),
        Trouble::Answer(200, "<html>", None),
        Trouble::LostAfter,
    ] {
        town.net.others([trouble.clone()]);
        town.advance(301);
        town.tick();
        assert_eq!(town.runs()[0]["state"], "running", "{trouble:?}");
    }
    town.dataverse.end(town.sessions()[0].id, &greeting());
    town.advance(301);
    town.tick();
    assert_eq!(town.runs()[0]["state"], "succeeded");
}

#[test]
fn a_session_that_is_gone_after_the_deadline_ends_its_run() {
    let town = Town::that_is_told();
    post(&town.function(), "/runs", &GREET.replace("\"mode\"", "\"timeout\":60,\"mode\""));
    town.advance(3_600);
    let gone = r#"{"error":{"code":"0x80040217","message":"m"}}"#;
    town.net.others([Trouble::Answer(404, gone, None)]);
    town.tick();
    let run = town.runs()[0].clone();
    assert_eq!((&run["state"], &run["failure"]["code"]), (&json!("uncertain"), &json!("Overdue")));
}

#[test]
fn runs_are_listed_by_state_a_page_at_a_time_and_forgotten_in_the_end() {
    let town = Town::new();
    let function = town.function();
    for number in 0..60 {
        assert_eq!(send(&function, keyed(&format!("{number}"), GREET)).status, 202);
    }
    let page = get(&function, "/runs").json();
    assert_eq!(page["runs"].as_array().unwrap().len(), 50);
    assert_eq!(town.runs().len(), 60);
    let state = |state: &str| {
        get(&function, &format!("/runs?state={state}")).json()["runs"].as_array().unwrap().len()
    };
    assert_eq!((state("running"), state("succeeded")), (50, 0));
    for wrong in ["/runs?state=Running", "/runs?after=x", "/runs?x=1"] {
        assert_eq!(get(&function, wrong).result(), "QueryInvalid");
    }
    assert_eq!(town.tick_until_over(1).len(), 60);
    town.advance(7 * 24 * 3_600);
    for _ in 0..3 {
        town.tick();
    }
    assert!(
        town.keys("desktop-flow/").iter().all(|key| key.contains("/pace/")),
        "{:?}",
        town.keys("")
    );
    assert_eq!(get(&function, "/runs/00000000000000000000000000000000").result(), "RunUnknown");
}
