use bytes::Bytes;
use headgate_peers::peer::Trouble;
use http::StatusCode;
use serde_json::json;

use crate::tenant::{ECHO, SIGNATURE, Tenant, get, post, request, send, with};

#[tokio::test]
async fn what_power_automate_refuses_is_said_in_words() {
    let tenant = Tenant::new().await;
    let function = tenant.function().await;
    for (path, status, result, words) in [
        ("/flows/wrong", 502, "FlowSignatureWrong", "copy it again"),
        ("/flows/graph", 502, "FlowClaimsNotTaken", "with the slash at its end"),
        ("/flows/few", 502, "FlowClaimsNotTaken", "object id of its enterprise application"),
        ("/flows/off", 502, "FlowAbsent", "deleted or turned off"),
        ("/flows/broken", 502, "FlowNoAnswer", "every branch needs the action Response"),
    ] {
        let answered = post(&function, path, "{}").await;
        assert_eq!((answered.status.as_u16(), answered.result()), (status, result), "{path}");
        let detail = answered.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(words), "{path}: {detail}");
        assert!(format!("{:?}", tenant.diagnostics.take()).contains(words), "the log is told");
    }
    // The run of a flow that never answers is named.
    assert!(post(&function, "/flows/broken", "{}").await.header("x-ms-workflow-run-id").is_some());
}

#[tokio::test]
async fn each_error_that_is_documented_has_its_sentence() {
    let tenant = Tenant::new().await;
    let function = tenant.function().await;
    for (path, answer, code, status, result) in [
        ("echo", 401, "DirectApiAuthorizationRequired", 502, "FlowSignatureRequired"),
        ("notify", 401, "DirectApiAuthorizationRequired", 502, "FlowSignatureRequired"),
        ("echo", 401, "OAuthAccessPolicyNotFound", 502, "FlowTokensNotTaken"),
        ("echo", 401, "MisMatchingOAuthClaims", 502, "FlowClaimsNotTaken"),
        ("echo", 403, "MisMatchingOAuthClaims", 502, "FlowClaimsNotTaken"),
        ("notify", 401, "AuthorizationFailed", 502, "FlowSignatureWrong"),
        ("notify", 403, "Forbidden", 502, "FlowNotAuthorized"),
        ("echo", 404, "WorkflowNotFound", 502, "FlowAbsent"),
        ("echo", 429, "TooManyRequests", 429, "FlowThrottled"),
        ("echo", 504, "GatewayTimeout", 504, "FlowTookTooLong"),
        ("echo", 500, "InternalServerError", 502, "FlowFailed"),
    ] {
        let body = json!({ "error": { "code": code, "message": "m" } }).to_string();
        let trouble = Trouble::Answer(StatusCode::from_u16(answer).unwrap(), Bytes::from(body));
        tenant.flows.troubles().next([trouble]);
        let answered = post(&function, &format!("/flows/{path}"), "{}").await;
        assert_eq!((answered.status.as_u16(), answered.result()), (status, result), "{code}");
    }
}

#[tokio::test]
async fn throttling_says_when_to_come_again() {
    let tenant = Tenant::new().await;
    let function = tenant.function().await;
    tenant.flows.troubles().next([Trouble::Throttle(Some(17))]);
    let answered = post(&function, "/flows/echo", "{}").await;
    assert_eq!((answered.status.as_u16(), answered.result()), (429, "FlowThrottled"));
    assert_eq!(answered.header("retry-after"), Some("17"));
    assert_eq!(tenant.requests(), 1, "it is not sent again");
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let tenant = Tenant::new().await;
    let function = tenant.function().await;
    tenant.entra.troubles().always(Some(Trouble::Throttle(Some(120))));
    let answered = post(&function, "/flows/echo", "{}").await;
    assert_eq!((answered.status.as_u16(), answered.result()), (503, "EntraThrottled"));
    assert_eq!(answered.header("retry-after"), Some("120"));
    let credentials = tenant.credentials().replace("${secret:robots}", "hunter2");
    tenant.entra.troubles().always(None);
    let function = tenant.try_function(&tenant.document(), &credentials).await.unwrap();
    let answered = post(&function, "/flows/echo", "{}").await;
    assert_eq!((answered.status.as_u16(), answered.result()), (502, "EntraRefused"));
    assert!(!format!("{} {:?}", answered.body, tenant.diagnostics.take()).contains("hunter2"));
    assert_eq!(tenant.requests(), 0);
}

#[tokio::test]
async fn a_connection_that_is_lost_is_not_tried_again() {
    let tenant = Tenant::new().await;
    let function = tenant.function().await;
    for trouble in [Trouble::Drop, Trouble::DropAfter] {
        let before = tenant.requests();
        tenant.flows.troubles().next([trouble]);
        let answered = post(&function, "/flows/echo", "{}").await;
        assert_eq!((answered.status.as_u16(), answered.result()), (502, "FlowConnectionLost"));
        assert!(answered.json()["detail"].as_str().unwrap().contains("it may have run"));
        assert_eq!(tenant.requests(), before + 1);
    }
    let flows =
        "[gone]\nurl = \"http://127.0.0.1:1/invoke?api-version=1\"\ncredential = \"robots\"";
    let function = tenant.try_function(flows, &tenant.credentials()).await.unwrap();
    let answered = post(&function, "/flows/gone", "{}").await;
    assert_eq!((answered.status.as_u16(), answered.result()), (502, "FlowUnreachable"));
    assert!(answered.json()["detail"].as_str().unwrap().contains("nothing was sent"));
}

#[tokio::test]
async fn a_flow_that_is_silent_is_given_up_in_time() {
    let tenant = Tenant::new().await;
    let flows = tenant.table("echo", ECHO, "timeout-seconds = 1");
    let function = tenant.try_function(&flows, &tenant.credentials()).await.unwrap();
    tenant.flows.troubles().next([Trouble::Hang]);
    let answered = post(&function, "/flows/echo", "{}").await;
    assert_eq!((answered.status.as_u16(), answered.result()), (504, "FlowTimedOut"));
}

#[tokio::test]
async fn an_answer_that_redirects_is_not_followed() {
    let tenant = Tenant::new().await;
    let function = tenant.function().await;
    tenant.flows.troubles().next([Trouble::Fail(StatusCode::FOUND)]);
    let answered = post(&function, "/flows/echo", "{}").await;
    assert_eq!((answered.status.as_u16(), answered.result()), (502, "FlowRedirected"));
}

#[tokio::test]
async fn what_is_asked_wrongly_is_answered_with_what_is_wrong() {
    let tenant = Tenant::new().await;
    let function = tenant.function().await;
    for (method, path, status, result) in [
        ("GET", "/nowhere", 404, "RouteNotFound"),
        ("POST", "/flows/", 404, "RouteNotFound"),
        ("POST", "/flows/echo/", 404, "RouteNotFound"),
        ("GET", "/flows/echo/runs/", 404, "RouteNotFound"),
        ("POST", "/flows/ech", 404, "FlowNotFound"),
        ("GET", "/flows/ech/runs/x", 404, "FlowNotFound"),
        ("GET", "/flows/echo", 405, "MethodNotAllowed"),
        ("POST", "/flows", 405, "MethodNotAllowed"),
        ("DELETE", "/flows/echo/runs/x", 405, "MethodNotAllowed"),
        ("POST", "/openapi.json", 405, "MethodNotAllowed"),
        ("GET", "/tick", 405, "MethodNotAllowed"),
        ("POST", "/healthz", 405, "MethodNotAllowed"),
        ("POST", "/flows/echo?sig=mine", 400, "RequestInvalid"),
        ("GET", "/flows/echo/runs/x", 404, "RunNotFound"),
        ("GET", "/healthz", 200, "ok"),
        ("POST", "/tick", 200, "ok"),
    ] {
        let answered = send(&function, request(method, path, "")).await;
        assert_eq!((answered.status.as_u16(), answered.result()), (status, result), "{path}");
    }
    let asked = with(request("POST", "/flows/echo", ""), "x-headgate-run", "mine");
    assert_eq!(send(&function, asked).await.result(), "RequestInvalid");
    assert_eq!(tenant.requests(), 0);
}

#[tokio::test]
async fn no_signature_and_no_token_is_shown_or_logged() {
    let tenant = Tenant::new().await;
    let function = tenant.function().await;
    let flows = get(&function, "/flows").await;
    assert_eq!(
        flows.json()["flows"],
        json!([
            "echo", "approve", "broken", "started", "few", "off", "strict", "own", "late", "graph",
            "notify", "wrong"
        ])
    );
    let mut shown = flows.body;
    for name in ["notify", "wrong", "approve", "few", "broken"] {
        let answered = post(&function, &format!("/flows/{name}"), "{}").await;
        shown += &format!("{answered:?}");
    }
    shown += &format!("{:?}", tenant.diagnostics.take());
    for secret in [SIGNATURE, "sig=", "Bearer", "eyJ", "invoke"] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}
