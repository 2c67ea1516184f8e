use bytes::Bytes;
use http::Request;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::case::{OneOrMany, Question};
use crate::forge::Placeholders;

impl Question {
    /// The value of `Authorization` behind `Bearer`, with placeholders.
    pub(super) fn bearer(&self) -> Option<&str> {
        match self.headers.get("authorization")? {
            OneOrMany::One(value) => value.strip_prefix("Bearer "),
            OneOrMany::Many(_) => None,
        }
    }
}

pub(super) fn plain(
    question: &Question,
    path: &str,
    placeholders: &Placeholders,
) -> Request<Bytes> {
    let uri = match &question.query {
        Some(query) => format!("{path}?{}", placeholders.fill(query)),
        None => path.to_owned(),
    };
    let mut request = Request::builder().method(question.method.as_str()).uri(uri);
    for (name, value) in question.headers(placeholders) {
        request = request.header(name, value);
    }
    request.body(Bytes::new()).unwrap()
}

pub(super) fn introspection(question: &Question, placeholders: &Placeholders) -> Request<Bytes> {
    let token = placeholders.fill(question.bearer().expect("a bearer token"));
    let token = utf8_percent_encode(&token, NON_ALPHANUMERIC);
    let policy = question.policy().map(|policy| format!("&policy={policy}")).unwrap_or_default();
    Request::post("/introspect")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::from(format!("token={token}{policy}")))
        .unwrap()
}

pub(super) fn event(event: &Value) -> Request<Bytes> {
    Request::post("/authorizer")
        .header("content-type", "application/json")
        .body(Bytes::from(event.to_string()))
        .unwrap()
}

const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/GET/orders/7";

/// Payload 1.0, as AWS documents it for REQUEST authorizers of REST APIs.
pub(super) fn request_event(question: &Question, placeholders: &Placeholders) -> Value {
    let (mut headers, mut several) = (Map::new(), Map::new());
    for (name, value) in question.headers(placeholders) {
        let values = several.entry(name.clone()).or_insert_with(|| json!([]));
        values.as_array_mut().unwrap().push(json!(value));
        // API Gateway keeps the last one here.
        headers.insert(name, json!(value));
    }
    let query = query_pairs(question, placeholders);
    let single: Map<String, Value> =
        query.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let multiple: Map<String, Value> =
        query.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
    json!({
        "type": "REQUEST",
        "methodArn": ARN,
        "resource": "/orders/{id}",
        "path": "/orders/7",
        "httpMethod": question.method,
        "headers": headers,
        "multiValueHeaders": several,
        "queryStringParameters": if single.is_empty() { Value::Null } else { json!(single) },
        "multiValueQueryStringParameters":
            if multiple.is_empty() { Value::Null } else { json!(multiple) },
        "pathParameters": { "id": "7" },
        "stageVariables": null,
        "requestContext": {
            "path": "/prod/orders/7",
            "accountId": "123456789012",
            "resourceId": "05c7jb",
            "stage": "prod",
            "requestId": "9f4ab0c3-1a5d-4a7e-8c1f-0a1b2c3d4e5f",
            "identity": { "sourceIp": address(question, placeholders) },
            "resourcePath": "/orders/{id}",
            "httpMethod": question.method,
            "apiId": "a1b2c3d4e5",
        },
    })
}

pub(super) fn token_event(question: &Question, placeholders: &Placeholders) -> Value {
    let authorization = question.headers(placeholders).pop().expect("only authorization").1;
    json!({ "type": "TOKEN", "authorizationToken": authorization, "methodArn": ARN })
}

/// Payload 2.0, as AWS documents it for authorizers of HTTP APIs.
pub(super) fn http_api_event(question: &Question, placeholders: &Placeholders) -> Value {
    let mut headers = Map::new();
    for (name, value) in question.headers(placeholders) {
        match headers.get_mut(&name) {
            Some(Value::String(values)) => *values = format!("{values},{value}"),
            _ => drop(headers.insert(name, json!(value))),
        }
    }
    let query: Map<String, Value> = query_pairs(question, placeholders)
        .into_iter()
        .map(|(name, value)| (name, json!(value)))
        .collect();
    json!({
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": ARN,
        "identitySource": [],
        "routeKey": "GET /orders/{id}",
        "rawPath": "/orders/7",
        "rawQueryString": question.query.as_deref().map(|query| placeholders.fill(query)).unwrap_or_default(),
        "headers": headers,
        "queryStringParameters": query,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",
            "http": {
                "method": question.method,
                "path": "/orders/7",
                "protocol": "HTTP/1.1",
                "sourceIp": address(question, placeholders),
                "userAgent": "test",
            },
            "requestId": "id",
            "routeKey": "GET /orders/{id}",
            "stage": "$default",
            "time": "12/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1_583_348_638_390_u64,
        },
        "pathParameters": { "id": "7" },
        "stageVariables": {},
    })
}

/// The caller's address: API Gateway knows it; elsewhere a proxy hands it on in this header.
fn address(question: &Question, placeholders: &Placeholders) -> String {
    question
        .headers(placeholders)
        .into_iter()
        .find_map(|(name, value)| (name == "x-forwarded-for").then_some(value))
        .unwrap_or_else(|| "192.0.2.1".to_owned())
}

fn query_pairs(question: &Question, placeholders: &Placeholders) -> Vec<(String, String)> {
    let query = question.query.as_deref().map(|query| placeholders.fill(query));
    query
        .iter()
        .flat_map(|query| query.split('&'))
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name.to_owned(), value.to_owned())
        })
        .collect()
}
