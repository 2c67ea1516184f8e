//! Credentials: how they are read, and that no text shows them.

use super::support::{assert_refused, backend, read, read_with, refusal, with_url};

const CREDENTIALS: &str = r#"
[backends.a]
url = "https://a.example"
[backends.a.credentials.query]
sv = ["one", "two"]
sig = "${secret:Orders-Sig}"
[backends.a.credentials.header]
X-My-1 = ["val1", "v{{ second }}2"]
[backends.a.credentials.authorization]
scheme = "Basic"
parameter = "${secret:basic.parameter}"
"#;

#[test]
fn values_are_completed_from_variables() {
    let variables =
        [("orders_sig", "s3cret\r\n"), ("second", "al"), ("basic_parameter", "{{second}}")];
    let backends = read_with(CREDENTIALS, &variables).unwrap();
    let credentials = &backend(&backends, "a").credentials;
    let query: Vec<(&str, &str)> =
        credentials.query.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
    assert_eq!(query, [("sv", "one"), ("sv", "two"), ("sig", "s3cret")]);
    let headers: Vec<(&str, &str)> = credentials
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    // What a variable holds is not completed again.
    let expected = [("x-my-1", "val1"), ("x-my-1", "val2"), ("authorization", "Basic {{second}}")];
    assert_eq!(headers, expected);
}

#[test]
fn no_text_shows_a_credential() {
    let variables =
        [("orders_sig", "hunter2"), ("second", "hunter2"), ("basic_parameter", "hunter2")];
    let document = CREDENTIALS.replace("one", "hunter2").replace("val1", "hunter2");
    let shown = format!("{:?}", read_with(&document, &variables).unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");
    for broken in ["hunter2\u{7f}", "hunter2\n\n\nx"] {
        let error = read_with(
            CREDENTIALS,
            &[("orders_sig", "x"), ("second", broken), ("basic_parameter", "x")],
        );
        let error = error.unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 8, column 19: backends.a.credentials.header.X-My-1[1] holds a character that no header may have"
        );
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}

#[test]
fn a_reference_that_leads_nowhere_is_refused_by_name() {
    assert_refused(&[
        (
            with_url("credentials.header.x = ['${secret:Orders-Key}']"),
            "line 2, column 25: backends.a.credentials.header.x[0] cannot be completed: secret Orders-Key is not set: set the variable orders_key of the function",
        ),
        (
            with_url("credentials.query.x = '${secret:key'"),
            "line 2, column 19: backends.a.credentials.query.x cannot be completed: a ${secret:…} reference is not closed",
        ),
        (
            with_url("credentials.query.x = '{{key'"),
            "line 2, column 19: backends.a.credentials.query.x holds a named value that is not closed: write {{name}}",
        ),
        (
            with_url("credentials.query.x = '{{a b}}'"),
            "line 2, column 19: backends.a.credentials.query.x holds a reference whose name is not letters, digits, -, _ and .",
        ),
    ]);
}

#[test]
fn credentials_that_cannot_be_sent_are_refused() {
    let connection = "belongs to the connection and cannot be set";
    for name in ["host", "Connection", "Transfer-Encoding", "content-length", "Proxy-Authorization"]
    {
        let document = with_url(&format!("credentials.header.{name} = ['x']"));
        let expected =
            format!("line 2, column 20: backends.a.credentials.header.{name} {connection}");
        assert_eq!(refusal(&document), expected);
    }
    assert_refused(&[
        (
            with_url("credentials.header.'a b' = ['x']"),
            "line 2, column 20: backends.a.credentials.header.a b is not a header's name",
        ),
        (
            with_url("credentials.header = { x = [], X = ['y'], x-a = ['1'], X-A = ['2'] }"),
            "line 2, column 56: backends.a.credentials.header.X-A is given twice",
        ),
        (
            with_url("credentials.header.x = [1]"),
            "line 2, column 25: backends.a.credentials.header.x[0] must be a string",
        ),
        (
            with_url("credentials.header.x = 1"),
            "line 2, column 20: backends.a.credentials.header.x must be an array",
        ),
        (
            with_url("credentials.query.'' = ['x']"),
            "line 2, column 19: backends.a.credentials.query. may not be empty",
        ),
        (
            with_url("credentials.token = 'x'"),
            "line 2, column 13: backends.a.credentials.token is unknown",
        ),
    ]);
}

#[test]
fn an_authorization_is_a_scheme_and_a_parameter_within_their_limits() {
    let authorization = |keys: &str| with_url(&format!("credentials.authorization = {{ {keys} }}"));
    let longest = authorization(&format!(
        "scheme = '{}', parameter = '{}'",
        "s".repeat(100),
        "p".repeat(300)
    ));
    assert!(read(&longest).is_ok());
    // The limits are about what stands in the document, not about what a variable holds.
    let referred = authorization("scheme = 'Bearer', parameter = '${secret:token}'");
    assert!(read_with(&referred, &[("token", &"t".repeat(2_000))]).is_ok());
    let place = "line 2, column 31: backends.a.credentials.authorization";
    for (document, expected) in [
        (
            authorization("scheme = 'a b', parameter = 'x'"),
            format!("{place}.scheme must be a scheme's name, as Bearer"),
        ),
        (
            authorization(&format!("scheme = '{}', parameter = 'x'", "s".repeat(101))),
            format!("{place}.scheme may have at most 100 characters"),
        ),
        (
            authorization(&format!("parameter = '{}', scheme = 'x'", "p".repeat(301))),
            format!("{place}.parameter may have at most 300 characters"),
        ),
        (
            authorization("scheme = 'Bearer'"),
            "line 2, column 13: backends.a.credentials.authorization needs parameter".to_owned(),
        ),
        (
            with_url("credentials.header.Authorization = ['x']\ncredentials.authorization = { scheme = 'a', parameter = 'b' }"),
            "line 3, column 13: backends.a.credentials.authorization and credentials.header.authorization exclude each other".to_owned(),
        ),
    ] {
        assert_refused(&[(document, expected.as_str())]);
    }
}
