//! What the variables may say, and what is said about what they may not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod common;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{ONE_RULE, configured, now};
use headgate_event_subscription::checks::Checks;
use headgate_event_subscription::handshake::{AllowedRate, Origins, ValidationBy};
use headgate_fakes::FixedVariables;
use headgate_jwt::Access;

fn error(variables: &[(&str, &str)]) -> String {
    now(configured(&FixedVariables::new(variables.iter().copied()))).unwrap_err().to_string()
}

fn rules_error(rules: &str) -> String {
    error(&[
        ("rules", rules),
        (
            "sinks",
            "[log]\nkind = \"stdout\"\n[bus]\nkind = \"event-bridge\"\nbus = \"b\"\nregion = \"eu-west-1\"",
        ),
    ])
}

fn checks_error(checks: &str) -> String {
    error(&[("rules", ONE_RULE), ("checks", checks)])
}

#[test]
fn unset_and_blank_are_the_defaults() {
    for blank in [None, Some(" ")] {
        let names = [
            "checks",
            "sinks",
            "collection_url",
            "max_attempts",
            "deduplication_hours",
            "validation",
            "webhook_origins",
            "webhook_rate",
            "access",
        ];
        let blanks = names.into_iter().filter_map(|name| blank.map(|blank| (name, blank)));
        let variables = FixedVariables::new(blanks.chain([("rules", ONE_RULE)]));
        let configuration = now(configured(&variables)).unwrap();
        assert!(matches!(configuration.checks, Checks::Unset));
        assert_eq!(configuration.max_attempts, 5);
        assert_eq!(configuration.window, Duration::from_secs(24 * 60 * 60));
        assert_eq!(configuration.validation, ValidationBy::Code);
        assert_eq!(configuration.abuse_protection.origins, Origins::Nobody);
        assert_eq!(configuration.abuse_protection.rate, AllowedRate::Any);
        assert!(matches!(configuration.access, Access::Nobody));
    }
}

#[test]
fn a_variable_that_cannot_be_honoured_stops_the_start_with_its_name() {
    let with = |name, value| error(&[("rules", ONE_RULE), (name, value)]);
    assert!(error(&[]).starts_with("variable rules is not set"));
    for (name, value, expected) in [
        ("max_attempts", "0", "variable max_attempts must be a whole number from 1 to 30"),
        ("max_attempts", "31", "variable max_attempts must be a whole number from 1 to 30"),
        (
            "deduplication_hours",
            "a day",
            "variable deduplication_hours must be a whole number from 1 to 168",
        ),
        ("validation", "Code", "variable validation must be code or url"),
        (
            "webhook_rate",
            "0",
            "variable webhook_rate must be a whole number of requests a minute, or *",
        ),
        (
            "webhook_origins",
            "a,,b",
            "variable webhook_origins must be host names separated by commas, or * alone",
        ),
        (
            "webhook_origins",
            "a,*",
            "variable webhook_origins must be host names separated by commas, or * alone",
        ),
        (
            "collection_url",
            "headgate:3000",
            "variable collection_url must be an absolute https address",
        ),
    ] {
        assert_eq!(with(name, value), expected);
    }
    assert!(with("access", "[defaults]\n").starts_with("variable access: "));
    for (name, value, expected) in [
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
        let error = with(name, value);
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn an_error_in_the_rules_has_its_line_column_and_key() {
    let webhook = "then.webhook.url = \"https://a.example/\"";
    for (rules, expected) in [
        (
            "x = 1".to_owned(),
            "variable rules: line 1, column 1: x must be a table: a rule stands under [its name]",
        ),
        ("[r]".to_owned(), "line 1, column 2: r.then is missing"),
        (format!("[r]\n{webhook}\nif.types = [\"t\"]"), "line 3, column 1: r.if is unknown"),
        (
            format!("[r]\n{webhook}\nfilter.types = [\"t\"]"),
            "line 3, column 1: r.filter is unknown",
        ),
        (
            format!("[r]\n{webhook}\nwhen.types = [\"*a\"]"),
            "r.when.types must be types, each with * at its end",
        ),
        (
            format!("[r]\n{webhook}\nwhen.typs = [\"a\"]"),
            "r.when.typs is unknown; did you mean types?",
        ),
        ("[r]\nthen = {}".to_owned(), "r.then needs one of webhook, function and sink"),
        (
            format!("[r]\n{webhook}\nthen.sink = \"log\""),
            "r.then.webhook and sink exclude each other",
        ),
        ("[r]\nthen.sink = \"other\"".to_owned(), "r.then.sink is no name of the variable sinks"),
        (
            "[r]\nthen.webhook.url = \"http://a.example/\"".to_owned(),
            "r.then.webhook.url must use https",
        ),
        ("[r]\nthen.webhook.mode = \"binary\"".to_owned(), "r.then.webhook.url is missing"),
        (
            format!("[r]\n{webhook}\nthen.webhook.mode = \"batch\""),
            "r.then.webhook.mode must be structured or binary",
        ),
        (
            format!("[r]\n{webhook}\nthen.webhook.headers = {{ host = \"b\" }}"),
            "r.then.webhook.headers must be a table of headers that the event",
        ),
        (
            format!("[r]\n{webhook}\nthen.webhook.headers = {{ ce-id = \"b\" }}"),
            "r.then.webhook.headers must be a table of headers that the event",
        ),
        (
            format!("[r]\n{webhook}\nthen.webhook.headers = {{ a = \"${{secret:gone}}\" }}"),
            "r.then.webhook.headers.a cannot be put in: secret gone is not set",
        ),
        (
            format!("[r]\n{webhook}\nthen.webhook.timeout-seconds = 0"),
            "must be a whole number from 1 to 120",
        ),
        (
            "[r]\nthen.function.name = \"event-subscription\"\nthen.function.path = \"/events\""
                .to_owned(),
            "r.then.function.name would send the event back",
        ),
        (
            "[r]\nthen.function.name = \"../x\"\nthen.function.path = \"/\"".to_owned(),
            "r.then.function.name must be a function's name",
        ),
        (
            "[r]\nthen.function.name = \"x\"\nthen.function.path = \"/a/../../b\"".to_owned(),
            "r.then.function.path must be a path within the function",
        ),
        (
            "[r]\nthen.function.name = \"x\"\nthen.function.path = \"runs\"".to_owned(),
            "r.then.function.path must be a path within the function",
        ),
        ("[\"a b\"]".to_owned(), "a b must be a name of 1 to 64 letters"),
        ("# nothing".to_owned(), "the document needs one of at least one rule"),
    ] {
        let error = rules_error(&rules);
        assert!(error.contains(expected), "{rules}: {error}");
    }
}

#[test]
fn an_error_in_the_checks_has_its_line_column_and_key_and_no_secret() {
    for (checks, expected) in [
        (
            "# nothing",
            "the document needs one of subscriptions, signature, shared-secret and token; to check nothing, say none",
        ),
        ("None", "variable checks: line 1"),
        ("subscription = \"a\"", "subscription is unknown; did you mean subscriptions?"),
        ("[signature]", "signature.secret is missing"),
        (
            "[signature]\nsecret = \"hunter2\"",
            "line 2, column 1: signature.secret must be whsec_ and base64",
        ),
        (
            "[shared-secret]\nvalue = \"hunter2hunter2hunter2\"",
            "shared-secret needs one of header and query",
        ),
        (
            "[shared-secret]\nheader = \"a\"\nquery = \"b\"\nvalue = \"hunter2hunter2hunter2\"",
            "shared-secret.header and query exclude each other",
        ),
        (
            "[shared-secret]\nheader = \"a b\"\nvalue = \"hunter2hunter2hunter2\"",
            "shared-secret.header must be a header's name",
        ),
        (
            "[shared-secret]\nquery = \"a&b\"\nvalue = \"hunter2hunter2hunter2\"",
            "shared-secret.query must be letters",
        ),
        ("[shared-secret]\nquery = \"code\"", "shared-secret.value is missing"),
        (
            "[shared-secret]\nquery = \"code\"\nvalue = \"hunter2\"",
            "shared-secret.value must be a secret of at least 16 characters",
        ),
    ] {
        let error = checks_error(checks);
        assert!(error.contains(expected), "{checks}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn a_token_check_that_judges_no_token_is_refused_with_where_it_stands() {
    for (checks, expected) in [
        ("[token]", "line 1, column 2: token.policy is missing"),
        ("[token]\npolicy = 7", "line 2, column 1: token.policy must be a string"),
        ("[token]\naudience = \"a\"", "line 2, column 1: token.audience is unknown"),
        (
            "[token]\npolicy = \"[default.validate-jwt]\"",
            "line 2, column 1: token.policy cannot be honoured, in it line 1, column 10: validate-jwt needs one of",
        ),
        (
            "[token]\npolicy = \"<validate-jwt>\"",
            "line 2, column 1: token.policy cannot be honoured, in it line 1",
        ),
        (
            "[token]\npolicy = \"[other.validate-azure-ad-token]\\ntenant-id = 'organizations'\\naudiences = ['a']\"",
            "line 2, column 1: token.policy must have a policy named default with",
        ),
        (
            "[token]\npolicy = \"<ip-filter action='allow'><address>10.0.0.1</address></ip-filter>\"",
            "line 2, column 1: token.policy must have a policy named default with",
        ),
        (
            "[token]\npolicy = '<validate-jwt header-name=\"Authorization\"><issuer-signing-keys><key>             ${secret:unset-key}</key></issuer-signing-keys></validate-jwt>'",
            "line 2, column 1: token.policy cannot be honoured, in it line 1",
        ),
    ] {
        let error = checks_error(checks);
        assert!(error.starts_with(&format!("variable checks: {expected}")), "{checks}: {error}");
    }
}

#[test]
fn debug_shows_no_secret_of_the_configuration() {
    let signing = format!("whsec_{}", STANDARD.encode([7; 32]));
    let variables = FixedVariables::new([
        (
            "rules",
            "[r]\nthen.webhook.url = \"https://a.example/hunter2?hunter2\"\nthen.webhook.headers = { a = \"hunter2\" }",
        ),
        (
            "checks",
            "[signature]\nsecret = \"${secret:signing}\"\n[shared-secret]\nquery = \"code\"\nvalue = \"hunter2hunter2hunter2\"",
        ),
        ("signing", &signing),
    ]);
    let shown = format!("{:?}", now(configured(&variables)).unwrap());
    assert!(!shown.contains("hunter2") && !shown.contains(&signing), "{shown}");
}
