//! The native binary as a function of `cargo lambda watch`, invoked with events as API Gateway sends them.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong in a test has to stop it"
)]

use std::collections::BTreeMap;

use bytes::Bytes;
use headgate_peers::issuer::{
    DEFAULT_API_CLIENT_ID, DEFAULT_TENANT, Issuer, IssuerConfig, TokenSpec, TokenVersion,
};
use headgate_tests::host::RUNTIME;
use headgate_tests::peer::CargoLambda;
use http::Request;
use serde_json::json;

const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/GET/orders/7";

#[test]
fn the_binary_answers_every_kind_of_authorizer_event_and_http() {
    let issuer = RUNTIME.block_on(Issuer::start(IssuerConfig::default())).unwrap();
    let policy = format!(
        r#"
        [default.validate-jwt]
        header-name = "Authorization"
        openid-config = ["{}"]
        audiences = ["{DEFAULT_API_CLIENT_ID}"]
        "#,
        issuer.metadata_url(DEFAULT_TENANT, TokenVersion::V2)
    );
    let lambda = CargoLambda::start(&BTreeMap::from([("policy".to_owned(), policy)])).unwrap();
    let good = format!("Bearer {}", issuer.mint(&TokenSpec::default()).unwrap());
    let expired = TokenSpec { expires_in: Some(-60), ..TokenSpec::default() };
    let expired = format!("Bearer {}", issuer.mint(&expired).unwrap());

    let token =
        |token: &str| json!({ "type": "TOKEN", "methodArn": ARN, "authorizationToken": token });
    let allowed = lambda.invoke(&token(&good)).unwrap();
    assert_eq!(allowed["policyDocument"]["Statement"][0]["Effect"], "Allow");
    let refused = lambda.invoke(&token(&expired)).unwrap_err();
    assert!(refused.contains("Unauthorized"), "{refused}");

    let request = |token: &str| {
        json!({
            "type": "REQUEST",
            "methodArn": ARN,
            "path": "/orders/7",
            "httpMethod": "GET",
            "headers": { "Authorization": token },
            "requestContext": { "identity": { "sourceIp": "192.0.2.1" } },
        })
    };
    let allowed = lambda.invoke(&request(&good)).unwrap();
    assert_eq!(allowed["policyDocument"]["Statement"][0]["Effect"], "Allow");

    let simple = |token: &str| {
        json!({
            "version": "2.0",
            "type": "REQUEST",
            "routeArn": ARN,
            "identitySource": [token],
            "routeKey": "GET /orders/{id}",
            "rawPath": "/orders/7",
            "rawQueryString": "",
            "headers": { "authorization": token },
            "requestContext": { "http": { "method": "GET", "path": "/orders/7", "sourceIp": "192.0.2.1" } },
        })
    };
    assert_eq!(lambda.invoke(&simple(&good)).unwrap()["isAuthorized"], true);
    let refused = lambda.invoke(&simple(&expired)).unwrap();
    assert_eq!(refused["isAuthorized"], false);
    assert_eq!(refused["context"]["reason"], "TokenExpired");

    let validate = |token: &str| {
        let event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": "/validate",
            "rawQueryString": "",
            "headers": { "authorization": token },
            "requestContext": {
                "http": { "method": "GET", "path": "/validate", "sourceIp": "192.0.2.1" },
                "requestId": "id",
                "stage": "$default",
            },
            "isBase64Encoded": false,
        });
        lambda.invoke(&event).unwrap()
    };
    assert_eq!(validate(&good)["statusCode"], 200);
    let refused = validate(&expired);
    assert_eq!(refused["statusCode"], 401);
    assert_eq!(refused["headers"]["x-headgate-reason"], "TokenExpired");

    let by_url = |token: &str| {
        let request = Request::get("/validate").header("authorization", token);
        lambda.send(request.body(Bytes::new()).unwrap()).unwrap()
    };
    assert_eq!(by_url(&good).status(), 200);
    let refused = by_url(&expired);
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.headers()["x-headgate-reason"], "TokenExpired");
}
