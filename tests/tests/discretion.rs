//! What the function logs while it judges good, bad and hostile tokens: a line for each request, and nothing of them.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong in a test has to stop it"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use headgate_tests::case::{self, Case};
use headgate_tests::face::Face;
use headgate_tests::forge::Placeholders;
use headgate_tests::host::{AUTHORITY, Build, ComponentHost, Host, Mounted, Native};
use serde_json::Value;

/// The cases that share the common policy, most hostile ones among them, and its variables.
fn cases() -> (Vec<Case>, BTreeMap<String, String>) {
    let mut cases = case::load_all();
    let common = cases.iter().find(|case| case.name == "a_valid_token_passes").unwrap();
    let common = common.variables.clone();
    cases.retain(|case| case.variables == common && Face::ForwardAuth.can_ask(&case.question));
    assert!(cases.len() > 50, "only {} cases share the common policy", cases.len());
    let placeholders = Placeholders { issuer: AUTHORITY.clone(), token: None };
    let filled = common.iter();
    let filled = filled.map(|(name, value)| (name.clone(), placeholders.fill(value))).collect();
    (cases, filled)
}

/// Puts every case's question and gives what must not be told: the tokens' parts and the claims' values.
fn ask_all(host: &impl Host, cases: &[Case]) -> Vec<String> {
    let mut secrets = Vec::new();
    for case in cases {
        let placeholders = case.placeholders(host.issuer(), host.now());
        let answer = host.ask(Face::ForwardAuth, Face::ForwardAuth.ask(case, &placeholders));
        assert_eq!(answer.unwrap().status().as_u16(), case.expected.status, "{}", case.name);
        for part in placeholders.token.iter().flat_map(|token| token.split('.')) {
            secrets.push(part.to_owned());
            let decoded = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
            if let Ok(Value::Object(members)) = serde_json::from_slice(&decoded) {
                // The issuer and an algorithm's name are no secrets, and short texts occur by chance.
                let texts = members.into_iter().filter(|(name, _)| name != "iss" && name != "alg");
                secrets.extend(texts.filter_map(|(_, value)| value.as_str().map(str::to_owned)));
            }
        }
    }
    secrets.retain(|secret| secret.len() > 8);
    secrets.sort_unstable();
    secrets.dedup();
    secrets
}

fn assert_discreet(lines: &[String], secrets: &[String]) {
    assert!(secrets.len() > 100);
    for line in lines {
        for secret in secrets {
            assert!(!line.contains(secret), "{secret} is in the log: {line}");
        }
    }
}

#[test]
fn the_native_servers_log_shows_nothing_of_a_token() {
    let (cases, variables) = cases();
    let host = Native::start_with_log(&variables, "requests").unwrap();
    let secrets = ask_all(&host, &cases);
    let lines = host.said().once_there_are(cases.len(), r#""route":"validate""#);
    assert_discreet(&lines, &secrets);
}

#[test]
fn the_components_log_shows_nothing_of_a_token() {
    let (cases, variables) = cases();
    let host = Arc::new(ComponentHost::start(Build::Portable, &AUTHORITY, &[&variables]).unwrap());
    let secrets = ask_all(&Mounted { host: Arc::clone(&host), index: 0 }, &cases);
    let lines = host.said().once_there_are(cases.len(), r#""route":"validate""#);
    assert_discreet(&lines, &secrets);
}
