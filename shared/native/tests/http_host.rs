//! The native process over HTTP: how it starts, what it says, and how it ends.

#[cfg(test)]
mod common;

use std::net::TcpStream;

use common::{Process, Wire};

const LOCAL: (&str, &str) = ("PORT", "0");
const MEMORY: (&str, &str) = ("HEADGATE_STATE_DIR", "memory");

#[test]
fn each_request_is_one_line_of_json_without_what_the_caller_chose() {
    let process = Process::start("workbench", &[LOCAL, MEMORY]);
    let mut wire = Wire::to(process.ready());
    assert_eq!(wire.ask("POST", "/read?token=hunter2", "hunter2").text(), "7");
    let line = process.line_with("\"route\"");
    assert!(!line.contains("hunter2"));
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["function"], "workbench");
    assert_eq!(line["method"], "POST");
    assert_eq!(line["route"], "read");
    assert_eq!(line["result"], "ok");
    assert_eq!(line["status"], 200);
    assert_eq!(line["trace_id"].as_str().unwrap().len(), 32);
}

#[test]
fn with_failures_only_a_status_of_500_is_logged() {
    let process = Process::start("workbench", &[LOCAL, MEMORY, ("HEADGATE_LOG", "failures")]);
    let mut wire = Wire::to(process.ready());
    assert_eq!(wire.ask("POST", "/status/404", "").status, 404);
    assert_eq!(wire.ask("POST", "/status/503", "").status, 503);
    let line = process.line().unwrap();
    assert!(line.contains("\"status\":503"), "{line}");
}

#[test]
fn every_request_that_was_answered_is_in_the_log_after_a_shutdown() {
    let process = Process::start("workbench", &[LOCAL, MEMORY]);
    let mut wire = Wire::to(process.ready());
    for _ in 0..500 {
        assert_eq!(wire.ask("POST", "/read", "").status, 200);
    }
    process.terminate();
    let (status, _, lines) = process.end();
    assert!(status.success());
    assert_eq!(lines.iter().filter(|line| line.contains("\"route\":\"read\"")).count(), 500);
}

#[test]
fn a_panic_is_a_500_and_ends_neither_the_process_nor_the_connection() {
    for threads in ["1", "2"] {
        let threads = ("HEADGATE_THREADS", threads);
        let process = Process::start("workbench", &[LOCAL, MEMORY, threads]);
        let mut wire = Wire::to(process.ready());
        let answer = wire.ask("GET", "/panic", "");
        assert_eq!(answer.status, 500);
        assert!(answer.head.contains("application/problem+json"), "{}", answer.head);
        assert_eq!(wire.ask("POST", "/read", "abc").text(), "3");
        process.terminate();
        let (status, _, lines) = process.end();
        assert!(status.success());
        let log = lines.join("\n");
        assert!(log.contains("panicked at ") && log.contains("workbench.rs"), "{log}");
        assert!(log.contains("\"result\":\"Panicked\""), "{log}");
        assert!(!log.contains("hunter2"), "{log}");
    }
}

#[test]
fn a_shutdown_refuses_new_callers_and_finishes_every_request_that_is_under_way() {
    for threads in ["1", "2"] {
        let threads = ("HEADGATE_THREADS", threads);
        let process = Process::start("workbench", &[LOCAL, MEMORY, threads]);
        let address = process.ready();
        let mut held: Vec<Wire> = (0..20).map(|_| Wire::to(address)).collect();
        for wire in &mut held {
            wire.write("GET /held HTTP/1.1\r\nHost: test\r\n\r\n");
        }
        // This one's body comes after the shutdown has begun, and lets the others go.
        let mut releasing = Wire::to(address);
        releasing.write("POST /release HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n");
        for _ in 0..21 {
            process.line_with("\"message\":\"under way\"");
        }
        let mut idle = Wire::to(address);
        assert_eq!(idle.ask("POST", "/read", "").status, 200);

        process.terminate();
        assert!(idle.read().is_none(), "an idle connection is closed");
        while TcpStream::connect(address).is_ok() {
            std::thread::yield_now();
        }
        releasing.write("20");
        assert_eq!(releasing.read().expect("an answer").status, 200);
        for wire in &mut held {
            assert_eq!(wire.read().expect("an answer").text(), "was held");
        }
        let (status, ..) = process.end();
        assert!(status.success());
    }
}

#[test]
fn a_configuration_that_cannot_be_used_ends_it_with_78_and_one_line() {
    let refused = Process::start("workbench", &[LOCAL, ("HEADGATE_REFUSE", "policy:3: no such")]);
    let (status, _, lines) = refused.end();
    assert_eq!(status.code(), Some(78));
    assert_eq!(lines, ["workbench: policy:3: no such"]);

    let (status, _, lines) = Process::start("workbench", &[("PORT", "many")]).end();
    assert_eq!(status.code(), Some(78));
    assert_eq!(lines, [r#"workbench: variable PORT must be a port from 0 to 65535, not "many""#]);
}

#[test]
fn an_address_in_use_ends_it_with_71_and_one_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let process = Process::start("workbench", &[("HEADGATE_LISTEN", &address), MEMORY]);
    let (status, _, lines) = process.end();
    assert_eq!(status.code(), Some(71));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with(&format!("workbench: cannot listen on {address}")), "{lines:?}");
}

#[test]
fn the_command_line_answers_without_serving() {
    let end = |arguments: &[&str]| {
        let (status, output, _) = Process::start_with("workbench", arguments, &[]).end();
        (status.code(), output)
    };
    assert_eq!(end(&["say", "twice", "so"]), (Some(0), "so so\n".to_owned()));
    let (code, version) = end(&["--version"]);
    assert_eq!((code, version.split(' ').next()), (Some(0), Some("workbench")));
    let (code, help) = end(&["--help"]);
    assert_eq!(code, Some(0));
    assert!(help.contains("HEADGATE_REFUSE") && help.contains("HEADGATE_LISTEN"), "{help}");
    assert_eq!(end(&["--nonsense"]).0, Some(64));
}

#[test]
fn the_prefix_is_taken_off_and_the_peer_is_the_client() {
    let prefix = ("HEADGATE_PREFIX", "/bench/");
    let process = Process::start("workbench", &[LOCAL, MEMORY, prefix]);
    let mut wire = Wire::to(process.ready());
    let seen = wire.ask("POST", "/bench/inspect?a=b", "body").json();
    assert_eq!(seen["uri"], "/inspect?a=b");
    assert_eq!(seen["client"], "127.0.0.1");
    assert_eq!(seen["body"], "body");
    // Only a platform sends events.
    assert_eq!(seen["event"], serde_json::Value::Null);
}

#[test]
fn metrics_count_requests_by_route_result_and_status() {
    let metrics = ("HEADGATE_METRICS_LISTEN", "127.0.0.1:0");
    let process = Process::start("workbench", &[LOCAL, MEMORY, metrics]);
    let metrics = process.address_of("metrics are served");
    let mut wire = Wire::to(process.ready());
    for _ in 0..3 {
        wire.ask("POST", "/read", "");
    }
    wire.ask("POST", "/status/404", "");
    let mut wire = Wire::to(metrics);
    let text = wire.ask("GET", "/metrics", "").text();
    for line in [
        r#"headgate_requests_total{function="workbench",route="read",result="ok",status="200"} 3"#,
        r#"headgate_requests_total{function="workbench",route="status",result="ok",status="404"} 1"#,
        r#"headgate_request_duration_seconds_count{function="workbench",route="read"} 3"#,
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    assert_eq!(wire.ask("GET", "/", "").status, 404);
    assert_eq!(wire.ask("POST", "/metrics", "").status, 405);
}
