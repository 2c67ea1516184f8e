//! What a component logs, by its variable `log`.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "this is a test")]

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use headgate_local::LocalHost;
use headgate_tests::host::{Build, RUNTIME, component_file};
use headgate_tests::wire;
use http::Request;

/// The status of a request without a token, and what the component wrote.
fn asked(log: &str) -> (u16, Vec<String>) {
    let component =
        component_file(Build::Portable, "headgate_token_validation_component.wasm").unwrap();
    let (state, lines) = (tempfile::tempdir().unwrap(), Arc::new(Mutex::new(Vec::new())));
    let written = Arc::clone(&lines);
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let manifest = r#"
        spin_manifest_version = 2
        [application]
        name = "log"
        version = "0.1.0"
        [variables]
        log = { default = "" }
        [[trigger.http]]
        route = "/..."
        component = "token-validation"
        [component.token-validation]
        source = "replaced"
        key_value_stores = ["default"]
        [component.token-validation.variables]
        log = "{{ log }}"
        policy = "[default.validate-jwt]\nheader-name = 'Authorization'\nopenid-config = ['http://127.0.0.1:1']"
    "#;
    let host = LocalHost::from_text(manifest, root)
        .variable("log", log)
        .cache_folder(component.parent().unwrap().join("compiled"))
        .component_source("token-validation", component)
        .state_folder(state.path())
        .guest_output(Arc::new(move |_, _, line| {
            written.lock().unwrap().push(String::from_utf8_lossy(line).into_owned());
        }));
    let status = RUNTIME.block_on(async {
        let running = host.start().await.unwrap();
        let request = Request::get("/validate").body(Bytes::new()).unwrap();
        let answer = wire::send(running.address(), request).await.unwrap();
        running.shut_down().await;
        answer.status().as_u16()
    });
    let lines = lines.lock().unwrap().clone();
    (status, lines)
}

#[test]
fn every_request_is_logged_unless_the_variable_says_otherwise() {
    for (log, expected) in [("", 1), ("requests", 1), ("failures", 0), ("off", 0)] {
        let (status, lines) = asked(log);
        assert_eq!((status, lines.len()), (401, expected), "{log}: {lines:?}");
    }
}

#[test]
fn an_unknown_choice_is_a_misconfiguration_that_the_log_explains() {
    let (status, lines) = asked("all");
    assert_eq!(status, 500);
    let text = "variable log: what is logged must be requests, failures or off";
    assert!(lines.iter().any(|line| line.contains(text)), "{lines:?}");
}
