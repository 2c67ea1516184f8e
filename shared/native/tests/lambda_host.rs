//! The native process as a Lambda function, against a strict runtime API.

#[cfg(test)]
mod common;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::Process;
use headgate_fakes::{InvocationError, LambdaRuntimeApi};
use serde_json::{Value, json};

struct Lambda {
    api: LambdaRuntimeApi,
    process: Process,
}

#[cfg(test)]
impl Lambda {
    fn start(name: &str, variables: &[(&str, &str)]) -> Self {
        let api = LambdaRuntimeApi::start().unwrap();
        let environment = api.environment();
        let mut all: Vec<(&str, &str)> =
            environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        all.extend_from_slice(variables);
        let process = Process::start(name, &all);
        Self { api, process }
    }

    fn workbench() -> Self {
        Self::start("workbench", &[("HEADGATE_STATE_DIR", "memory")])
    }

    fn invoke(&self, event: &Value) -> Value {
        let result = self.api.invoke(event.to_string()).unwrap();
        serde_json::from_slice(&result).unwrap()
    }

    /// The request as the function saw it, out of the response's body.
    fn seen(&self, event: &Value) -> Value {
        let response = self.invoke(event);
        assert_eq!(response["statusCode"], 200, "{response}");
        serde_json::from_str(response["body"].as_str().unwrap()).unwrap()
    }

    fn failure(&self, event: &Value) -> (String, String) {
        match self.api.invoke(event.to_string()) {
            Err(InvocationError::Failed { kind, message }) => (kind, message),
            other => panic!("no failure: {other:?}"),
        }
    }
}

#[cfg(test)]
impl Drop for Lambda {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.api.refusals(), Vec::<String>::new());
        }
    }
}

/// A request as a REST API sends it.
#[cfg(test)]
fn rest(path: &str, method: &str, body: Option<&str>) -> Value {
    json!({
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": { "Host": "api.example", "Accept": "b" },
        "multiValueHeaders": { "Host": ["api.example"], "Accept": ["a", "b"] },
        "queryStringParameters": { "q": "2" },
        "multiValueQueryStringParameters": { "q": ["1 &", "2"] },
        "pathParameters": { "proxy": "x" },
        "stageVariables": null,
        "requestContext": {
            "stage": "prod",
            "path": format!("/prod{path}"),
            "identity": {
                "sourceIp": "203.0.113.7",
                "clientCert": { "clientCertPem": "-----BEGIN CERTIFICATE-----" },
            },
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

/// A request as an HTTP API or a function URL sends it.
#[cfg(test)]
fn http_api(path: &str, method: &str, body: Option<&str>) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "q=1%20%26&q=2",
        "cookies": ["c=1", "d=2"],
        "headers": { "host": "api.example", "accept": "a,b", "x-forwarded-for": "198.51.100.1" },
        "queryStringParameters": { "q": "1 &,2" },
        "requestContext": {
            "stage": "$default",
            "http": { "method": method, "path": path, "sourceIp": "2001:db8::7" },
            "authentication": { "clientCert": { "clientCertPem": "PEM" } },
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

/// A request as a load balancer sends it.
#[cfg(test)]
fn load_balancer(path: &str, method: &str) -> Value {
    json!({
        "requestContext": { "elb": { "targetGroupArn": "arn:aws:elasticloadbalancing:a" } },
        "httpMethod": method,
        "path": path,
        "queryStringParameters": { "q": "1%20%26" },
        "headers": { "host": "lb.example", "x-forwarded-for": "6.6.6.6, 203.0.113.9" },
        "body": "",
        "isBase64Encoded": false,
    })
}

#[test]
fn a_rest_api_request_arrives_as_it_was_sent_with_what_the_gateway_vouches_for() {
    let lambda = Lambda::workbench();
    let seen = lambda.seen(&rest("/inspect/ü", "PUT", Some("text")));
    assert_eq!(seen["method"], "PUT");
    assert_eq!(seen["uri"], "/inspect/%C3%BC?q=1%20%26&q=2");
    assert_eq!(seen["body"], "text");
    assert_eq!(seen["headers"], json!([["accept", "a"], ["accept", "b"], ["host", "api.example"]]));
    assert_eq!(seen["client"], "203.0.113.7");
    assert_eq!(seen["certificate"], "-----BEGIN CERTIFICATE-----");
    assert_eq!(seen["event"], Value::Null);
}

#[test]
fn an_http_api_request_keeps_its_query_and_gets_its_cookies_back() {
    let lambda = Lambda::workbench();
    let seen = lambda.seen(&http_api("/inspect", "POST", None));
    assert_eq!(seen["uri"], "/inspect?q=1%20%26&q=2");
    assert_eq!(seen["client"], "2001:db8::7");
    assert_eq!(seen["certificate"], "PEM");
    assert!(seen["headers"].as_array().unwrap().contains(&json!(["cookie", "c=1; d=2"])));
}

#[test]
fn a_load_balancers_client_is_the_last_that_it_appended() {
    let lambda = Lambda::workbench();
    let seen = lambda.seen(&load_balancer("/inspect", "GET"));
    assert_eq!(seen["uri"], "/inspect?q=1%20%26");
    assert_eq!(seen["client"], "203.0.113.9");
    assert_eq!(seen["certificate"], Value::Null);
}

#[test]
fn a_stage_is_taken_off_where_the_service_leaves_it_on_and_only_there() {
    let lambda = Lambda::workbench();
    let uri = |event: &Value| lambda.seen(event)["uri"].as_str().unwrap().to_owned();

    let mut event = http_api("/prod/inspect", "GET", None);
    event["requestContext"]["stage"] = json!("prod");
    assert!(uri(&event).starts_with("/inspect?"));
    event["rawPath"] = json!("/production/inspect");
    assert!(uri(&event).starts_with("/production/inspect?"));

    // A REST API has taken it off: what is there belongs to the path.
    let event = rest("/prod/inspect", "GET", None);
    assert!(uri(&event).starts_with("/prod/inspect?"));
    // An HTTP API with payload format 1.0 has not, and its context's path is the same.
    let mut event = rest("/prod/inspect", "GET", None);
    event["requestContext"]["path"] = json!("/prod/inspect");
    assert!(uri(&event).starts_with("/inspect?"));
}

#[test]
fn a_response_goes_back_in_the_words_of_its_service() {
    let lambda = Lambda::workbench();
    let cookies = json!(["a=1", "b=2"]);

    let response = lambda.invoke(&rest("/status/404", "POST", Some("text")));
    assert_eq!(response["statusCode"], 404);
    assert_eq!(response["multiValueHeaders"]["set-cookie"], cookies);
    assert_eq!((&response["body"], &response["isBase64Encoded"]), (&json!("text"), &json!(false)));

    let response = lambda.invoke(&http_api("/status/404", "POST", Some("text")));
    assert_eq!(response["cookies"], cookies);
    assert_eq!(response["headers"], json!({}));

    let response = lambda.invoke(&load_balancer("/status/404", "POST"));
    assert_eq!(response["statusDescription"], "404 Not Found");
    assert_eq!(response["headers"]["set-cookie"], "b=2");
    let mut event = load_balancer("/status/404", "POST");
    event["multiValueHeaders"] = json!({ "host": ["lb.example"] });
    let response = lambda.invoke(&event);
    assert_eq!(response["multiValueHeaders"]["set-cookie"], cookies);
}

#[test]
fn bytes_that_are_not_text_travel_in_base64_both_ways() {
    let lambda = Lambda::workbench();
    let bytes = STANDARD.encode([0xff, 0x00, 0xfe]);
    let mut event = http_api("/echo", "POST", Some(&bytes));
    event["isBase64Encoded"] = json!(true);
    let response = lambda.invoke(&event);
    assert_eq!((&response["body"], &response["isBase64Encoded"]), (&json!(bytes), &json!(true)));
    event["body"] = json!("not base64!");
    assert_eq!(lambda.invoke(&event)["statusCode"], 400);
}

#[test]
fn a_request_that_is_none_is_answered_with_400_and_the_next_one_is_served() {
    let lambda = Lambda::workbench();
    for (member, value) in [
        ("headers", json!({ "a b": "c" })),
        ("headers", json!({ "a": "b\r\nc: d" })),
        ("headers", json!(5)),
        ("rawPath", json!({})),
        ("body", json!([])),
    ] {
        let mut event = http_api("/inspect", "POST", None);
        event[member] = value;
        let response = lambda.invoke(&event);
        assert_eq!(response["statusCode"], 400, "{event}");
    }
    assert_eq!(lambda.seen(&http_api("/inspect", "GET", None))["method"], "GET");
}

#[test]
fn a_panic_is_a_500_and_the_process_goes_on() {
    let lambda = Lambda::workbench();
    assert_eq!(lambda.invoke(&http_api("/panic", "GET", None))["statusCode"], 500);
    assert_eq!(lambda.seen(&http_api("/inspect", "GET", None))["method"], "GET");
    assert!(!lambda.process.line_with("panicked at").contains("hunter2"));
}

#[test]
fn a_response_that_lambda_would_not_take_is_a_500_and_the_process_goes_on() {
    let lambda = Lambda::workbench();
    // Five megabytes of quotes are ten as JSON.
    let quotes = "\"".repeat(5 * 1024 * 1024);
    let response = lambda.invoke(&http_api("/echo", "POST", Some(&quotes)));
    assert_eq!(response["statusCode"], 500);
    let half = "a".repeat(5 * 1024 * 1024);
    let response = lambda.invoke(&http_api("/echo", "POST", Some(&half)));
    assert_eq!(response["body"].as_str().unwrap().len(), half.len());
}

#[test]
fn events_of_the_platform_arrive_marked_and_their_result_is_the_body() {
    let lambda = Lambda::workbench();
    for (event, path, kind) in [
        (
            json!({ "type": "TOKEN", "methodArn": "arn:a", "authorizationToken": "t" }),
            "/authorizer",
            "Authorizer",
        ),
        (
            json!({ "version": "2.0", "type": "REQUEST", "routeArn": "arn:a", "headers": {},
                "requestContext": { "http": { "method": "GET" } } }),
            "/authorizer",
            "Authorizer",
        ),
        (json!({ "headgate": "tick" }), "/tick", "Tick"),
        (json!({ "Records": [{ "eventSource": "aws:sqs", "body": "b" }] }), "/events", "Other"),
    ] {
        let seen = lambda.invoke(&event);
        assert_eq!(seen["uri"], path);
        assert_eq!(seen["event"], kind);
        assert_eq!(seen["method"], "POST");
        assert_eq!(serde_json::from_str::<Value>(seen["body"].as_str().unwrap()).unwrap(), event);
    }
}

#[test]
fn an_http_caller_cannot_pass_for_the_platform() {
    let lambda = Lambda::workbench();
    let mut event = rest("/tick", "POST", Some(r#"{"headgate":"tick"}"#));
    event["headgate"] = json!("tick");
    event["source"] = json!("aws.events");
    event["detail-type"] = json!("Scheduled Event");
    assert_eq!(lambda.seen(&event)["event"], Value::Null);
    // What is not understood is not guessed at.
    let lattice = json!({ "method": "POST", "raw_path": "/tick", "headers": {}, "body": "{}" });
    assert_eq!(lambda.failure(&lattice).0, "UnsupportedEvent");
}

#[test]
fn an_event_that_the_function_refuses_fails_the_invocation() {
    let lambda = Lambda::workbench();
    let token = json!({ "type": "TOKEN", "methodArn": "arn:a", "status": 401 });
    let unauthorized = ("Unauthorized".to_owned(), "Unauthorized".to_owned());
    assert_eq!(lambda.failure(&token), unauthorized);
    let token = json!({ "type": "TOKEN", "methodArn": "arn:a", "status": 503 });
    let tick = json!({ "headgate": "tick", "status": 503 });
    for event in [token, tick] {
        let (kind, message) = lambda.failure(&event);
        assert_eq!(kind, "EventRefused");
        assert_eq!(message, "the function answered 503 Service Unavailable");
    }
    // Only a 401 to an authorizer is `Unauthorized`.
    assert_eq!(lambda.failure(&json!({ "headgate": "tick", "status": 401 })).0, "EventRefused");
}

#[test]
fn an_event_without_a_result_has_the_result_null() {
    let lambda = Lambda::workbench();
    assert_eq!(lambda.invoke(&json!({ "headgate": "tick", "status": 204 })), Value::Null);
}

#[test]
fn a_function_that_cannot_start_says_why_and_ends() {
    let lambda = Lambda::start("workbench", &[("HEADGATE_REFUSE", "policy:3: no such element")]);
    assert_eq!(lambda.process.line().unwrap(), "workbench: policy:3: no such element");
}

#[test]
fn each_invocation_is_logged_before_it_is_answered() {
    let lambda = Lambda::workbench();
    for _ in 0..3 {
        lambda.seen(&http_api("/inspect", "GET", None));
        // The process may be frozen from here on: the line must be out already.
        assert!(lambda.process.line_with("\"route\"").contains("\"route\":\"inspect\""));
    }
}

#[test]
fn the_runtime_floor_answers_too() {
    let lambda = Lambda::start("lambda_floor", &[]);
    assert_eq!(lambda.invoke(&json!({}))["body"], "hello");
}
