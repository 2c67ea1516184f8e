use std::sync::Arc;

use bytes::Bytes;
use headgate_peers::identity::{Assigned, Imds, Machine};
use headgate_peers::peer::Trouble;
use http::StatusCode;
use serde_json::json;

use crate::tenant::{AUDIENCE, ECHO, Tenant, post, request, send, with};

#[tokio::test]
async fn a_flow_answers_its_caller_at_once() {
    let tenant = Tenant::new().await;
    let function = tenant.function().await;
    let mut asked = request("POST", "/flows/echo", r#"{"order":7}"#);
    for (name, value) in [
        ("authorization", "Bearer of-the-caller"),
        ("cookie", "a=1"),
        ("content-type", "application/json"),
        ("x-ms-client-tracking-id", "order-7"),
    ] {
        asked = with(asked, name, value);
    }
    let answered = send(&function, asked).await;
    assert_eq!((answered.status.as_u16(), answered.result()), (200, "ok"));
    assert_eq!(answered.body, r#"{"order":7}"#);
    assert_eq!(answered.header("x-ms-client-tracking-id"), Some("order-7"));
    assert!(answered.header("x-ms-workflow-run-id").unwrap().starts_with("0858"));
    assert_eq!(answered.header("cache-control"), Some("no-store"));
    assert_eq!(tenant.entra.troubles().requests(), 1);
    assert_eq!(tenant.records().await.len(), 0, "nothing is kept of what is answered at once");
}

#[tokio::test]
async fn a_managed_identity_calls_a_flow() {
    let tenant = Tenant::new().await;
    let machine = Machine {
        issuer: Arc::clone(tenant.entra.issuer()),
        clock: Arc::new(tenant.clock.clone()),
        identities: vec![Assigned::system(0xc1, "/subscriptions/a")],
        resources: vec![AUDIENCE.to_owned()],
        lifetime: 3_600,
    };
    let imds = Imds::start("127.0.0.1:0".parse().unwrap(), machine).await.unwrap();
    let credentials = format!(
        "[robots]\nkind = \"managed-identity\"\nsource = \"imds\"\nimds-endpoint = \"{}\"",
        imds.base_url()
    );
    let flows = tenant.table("echo", ECHO, "");
    let function = tenant.try_function(&flows, &credentials).await.unwrap();
    let answered = post(&function, "/flows/echo", "{}").await;
    assert_eq!((answered.status.as_u16(), answered.body.as_str()), (200, "{}"));
    assert_eq!(imds.troubles().requests(), 1);
}

#[tokio::test]
async fn a_flow_with_a_signature_is_called_without_a_token() {
    let tenant = Tenant::new().await;
    let function = tenant.function().await;
    let asked = with(request("POST", "/flows/notify", "hello"), "authorization", "Bearer x");
    let answered = send(&function, asked).await;
    assert_eq!((answered.status.as_u16(), answered.body.as_str()), (200, "hello"));
    assert_eq!(tenant.entra.troubles().requests(), 0);
}

#[tokio::test]
async fn a_flows_own_answer_keeps_its_status_and_the_headers_that_are_allowed() {
    let tenant = Tenant::new().await;
    let function = tenant.function().await;
    let answered = post(&function, "/flows/own", "").await;
    assert_eq!(answered.status, StatusCode::NOT_FOUND);
    assert_eq!(answered.json(), json!({ "reason": "no such order" }));
    assert_eq!(answered.header("x-total"), Some("7"));
    assert_eq!(answered.header("content-type"), Some("text/plain"));
    for absent in ["set-cookie", "location", "x-other"] {
        assert_eq!(answered.header(absent), None, "{absent}");
    }
    let strict = post(&function, "/flows/strict", "{}").await;
    assert_eq!(strict.status, StatusCode::BAD_REQUEST);
    assert_eq!(strict.json()["error"]["code"], "TriggerInputSchemaMismatch");
}

#[tokio::test]
async fn a_flow_without_a_response_is_accepted_and_has_no_more_to_say() {
    let tenant = Tenant::new().await;
    let function = tenant.function().await;
    let answered = post(&function, "/flows/started", "{}").await;
    assert_eq!((answered.status.as_u16(), answered.body.as_str()), (202, ""));
    assert_eq!(answered.header("location"), None);
    assert!(answered.header("x-ms-workflow-run-id").is_some());
}

#[tokio::test]
async fn a_token_that_expired_on_its_way_is_replaced_and_the_request_sent_again() {
    let tenant = Tenant::new().await;
    let function = tenant.function().await;
    post(&function, "/flows/echo", "one").await;
    tenant.advance(40);
    let refused = Bytes::from(r#"{"error":{"code":"InvalidAuthenticationToken","message":"m"}}"#);
    let trouble = Trouble::Answer(StatusCode::UNAUTHORIZED, refused);
    tenant.flows.troubles().next([trouble.clone()]);
    let answered = post(&function, "/flows/echo", "two").await;
    assert_eq!((answered.status.as_u16(), answered.body.as_str()), (200, "two"));
    assert_eq!((tenant.entra.troubles().requests(), tenant.requests()), (2, 3));

    // Once, and not where the claims are wrong: another token would have the same.
    tenant.advance(40);
    tenant.flows.troubles().next([trouble.clone(), trouble]);
    let answered = post(&function, "/flows/echo", "three").await;
    assert_eq!((answered.status.as_u16(), answered.result()), (502, "FlowNotAuthorized"));
    assert_eq!((tenant.entra.troubles().requests(), tenant.requests()), (3, 5));
    tenant.advance(40);
    post(&function, "/flows/few", "{}").await;
    assert_eq!((tenant.entra.troubles().requests(), tenant.requests()), (3, 6));
}
