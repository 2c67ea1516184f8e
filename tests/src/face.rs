//! The ways in which the function can be asked the same question, and how each says the same verdict.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::case::{Case, Expected, Question};
use crate::forge::Placeholders;

/// A way to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Face {
    /// `/validate…`, as a proxy's sub-request.
    ForwardAuth,
    /// `POST /introspect` (RFC 7662).
    Introspection,
    /// A Lambda authorizer of the kind REQUEST, payload 1.0.
    RequestAuthorizer,
    /// A Lambda authorizer of the kind TOKEN.
    TokenAuthorizer,
    /// A Lambda authorizer of an HTTP API, payload 2.0.
    HttpApiAuthorizer,
    /// The middleware component in front of another.
    Middleware,
}

impl Face {
    /// Every face.
    pub const ALL: [Self; 6] = [
        Self::ForwardAuth,
        Self::Introspection,
        Self::RequestAuthorizer,
        Self::TokenAuthorizer,
        Self::HttpApiAuthorizer,
        Self::Middleware,
    ];

    /// The face's name in a test's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ForwardAuth => "forward_auth",
            Self::Introspection => "introspection",
            Self::RequestAuthorizer => "request_authorizer",
            Self::TokenAuthorizer => "token_authorizer",
            Self::HttpApiAuthorizer => "http_api_authorizer",
            Self::Middleware => "middleware",
        }
    }

    /// Whether the face can express the case's question.
    #[must_use]
    pub fn can_ask(self, question: &Question) -> bool {
        if let Some(faces) = &question.faces {
            return faces.contains(&self);
        }
        match self {
            Self::ForwardAuth
            | Self::RequestAuthorizer
            | Self::HttpApiAuthorizer
            | Self::Middleware => true,
            Self::Introspection => question.has_only_authorization() && question.bearer().is_some(),
            Self::TokenAuthorizer => question.has_only_authorization(),
        }
    }

    /// Whether the face is an event of API Gateway.
    #[must_use]
    pub const fn is_authorizer(self) -> bool {
        matches!(self, Self::RequestAuthorizer | Self::TokenAuthorizer | Self::HttpApiAuthorizer)
    }

    /// Puts the case's question.
    #[must_use]
    pub fn ask(self, case: &Case, placeholders: &Placeholders) -> Request<Bytes> {
        let question = &case.question;
        match self {
            Self::ForwardAuth => plain(question, &question.path, placeholders),
            Self::Middleware => plain(question, "/orders/7", placeholders),
            Self::Introspection => introspection(question, placeholders),
            Self::RequestAuthorizer => event(&request_event(question, placeholders)),
            Self::TokenAuthorizer => event(&token_event(question, placeholders)),
            Self::HttpApiAuthorizer => event(&http_api_event(question, placeholders)),
        }
    }

    /// Judges the answer to the case's question.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as text.
    pub fn judge(
        self,
        case: &Case,
        placeholders: &Placeholders,
        answer: &Response<Bytes>,
    ) -> Result<(), String> {
        let judged = match self {
            Self::ForwardAuth | Self::Middleware => {
                judge_plain(self, &case.expected, placeholders, answer)
            }
            Self::Introspection => judge_introspection(&case.expected, placeholders, answer),
            Self::RequestAuthorizer | Self::TokenAuthorizer | Self::HttpApiAuthorizer => {
                judge_authorizer(self, &case.expected, answer)
            }
        };
        let judged = judged.and_then(|()| judge_discretion(case, placeholders, answer));
        judged.map_err(|reason| {
            let (status, headers) = (answer.status(), answer.headers());
            format!("{reason}\nanswer: {status} {headers:?}\n{}", text(answer))
        })
    }
}

impl Question {
    /// The value of `Authorization` behind `Bearer`, with placeholders.
    fn bearer(&self) -> Option<&str> {
        match self.headers.get("authorization")? {
            crate::case::OneOrMany::One(value) => value.strip_prefix("Bearer "),
            crate::case::OneOrMany::Many(_) => None,
        }
    }
}

fn plain(question: &Question, path: &str, placeholders: &Placeholders) -> Request<Bytes> {
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

fn introspection(question: &Question, placeholders: &Placeholders) -> Request<Bytes> {
    let token = placeholders.fill(question.bearer().expect("a bearer token"));
    let token = utf8_percent_encode(&token, NON_ALPHANUMERIC);
    let policy = question.policy().map(|policy| format!("&policy={policy}")).unwrap_or_default();
    Request::post("/introspect")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::from(format!("token={token}{policy}")))
        .unwrap()
}

fn event(event: &Value) -> Request<Bytes> {
    Request::post("/authorizer")
        .header("content-type", "application/json")
        .body(Bytes::from(event.to_string()))
        .unwrap()
}

const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/GET/orders/7";

/// Payload 1.0, as AWS documents it for REQUEST authorizers of REST APIs.
fn request_event(question: &Question, placeholders: &Placeholders) -> Value {
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

fn token_event(question: &Question, placeholders: &Placeholders) -> Value {
    let authorization = question.headers(placeholders).pop().expect("only authorization").1;
    json!({ "type": "TOKEN", "authorizationToken": authorization, "methodArn": ARN })
}

/// Payload 2.0, as AWS documents it for authorizers of HTTP APIs.
fn http_api_event(question: &Question, placeholders: &Placeholders) -> Value {
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

fn judge_plain(
    face: Face,
    expected: &Expected,
    placeholders: &Placeholders,
    answer: &Response<Bytes>,
) -> Result<(), String> {
    same("status", expected.status, answer.status().as_u16())?;
    same("reason", expected.reason.as_deref(), header(answer, "x-headgate-reason"))?;
    // The middleware tells the component behind it who the caller is, and not the caller.
    let is_answered_by_another = face == Face::Middleware && expected.reason.is_none();
    if !is_answered_by_another {
        for (name, value) in &expected.headers {
            let value = value.as_deref().map(|value| placeholders.fill(value));
            same(name, value.as_deref(), header(answer, name))?;
        }
    }
    if expected.reason.is_none() {
        return Ok(());
    }
    same("content-type", Some("application/json"), header(answer, "content-type"))?;
    let body = json(answer)?;
    same("statusCode", &json!(expected.status), &body["statusCode"])?;
    let message = body["message"].as_str().ok_or("the body has no message")?;
    if let Some(expected) = &expected.message {
        same("message", expected.as_str(), message)?;
    }
    let challenge = header(answer, "www-authenticate");
    same("whether WWW-Authenticate is there", expected.status == 401, challenge.is_some())
}

fn judge_introspection(
    expected: &Expected,
    placeholders: &Placeholders,
    answer: &Response<Bytes>,
) -> Result<(), String> {
    match expected.reason.as_deref() {
        Some("KeysUnavailable") => same("status", 503, answer.status().as_u16()),
        Some("OperationNotFound") => same("status", 400, answer.status().as_u16()),
        reason => {
            same("status", 200, answer.status().as_u16())?;
            let body = json(answer)?;
            if reason.is_some() {
                return same("body", &json!({ "active": false }), &body);
            }
            same("active", &json!(true), &body["active"])?;
            for (name, value) in &expected.introspection {
                let value: Value = serde_json::from_str(&placeholders.fill(&value.to_string()))
                    .map_err(|error| error.to_string())?;
                same(name, &value, &body[name])?;
            }
            Ok(())
        }
    }
}

fn judge_authorizer(
    face: Face,
    expected: &Expected,
    answer: &Response<Bytes>,
) -> Result<(), String> {
    let is_simple = face == Face::HttpApiAuthorizer;
    let Some(reason) = expected.reason.as_deref() else {
        same("status", 200, answer.status().as_u16())?;
        return judge_event_answer(is_simple, true, &json(answer)?);
    };
    let status = match (reason, expected.status, is_simple) {
        ("KeysUnavailable", ..) => 503,
        (_, 401, false) => 401,
        _ => 200,
    };
    same("status", status, answer.status().as_u16())?;
    if status == 200 {
        let body = json(answer)?;
        judge_event_answer(is_simple, false, &body)?;
        return same("reason", &json!(reason), &body["context"]["reason"]);
    }
    // On Lambda an error is all that API Gateway learns.
    match header(answer, "x-headgate-reason") {
        Some(given) => same("reason", reason, given),
        None => Ok(()),
    }
}

fn judge_event_answer(is_simple: bool, passes: bool, body: &Value) -> Result<(), String> {
    if is_simple {
        return same("isAuthorized", &json!(passes), &body["isAuthorized"]);
    }
    let statement = &body["policyDocument"]["Statement"][0];
    same("Effect", &json!(if passes { "Allow" } else { "Deny" }), &statement["Effect"])?;
    let is_named = body["principalId"].as_str().is_some_and(|principal| !principal.is_empty());
    same("whether the principal is named", true, is_named)
}

/// Nothing that a refused caller gets may show the token or what it claims (introspection shows an accepted one's claims
/// to whom the operator lets ask).
fn judge_discretion(
    case: &Case,
    placeholders: &Placeholders,
    answer: &Response<Bytes>,
) -> Result<(), String> {
    if case.passes() {
        return Ok(());
    }
    let told = format!("{:?} {}", answer.headers(), text(answer));
    let Some(token) = placeholders.token.as_deref() else { return Ok(()) };
    for part in token.split('.').filter(|part| part.len() > 20) {
        if told.contains(part) {
            return Err("the answer shows a part of the token".to_owned());
        }
    }
    let claims = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims = claims.and_then(|json| serde_json::from_slice::<Map<String, Value>>(&json).ok());
    for (name, value) in claims.into_iter().flatten() {
        match value.as_str().filter(|value| value.len() > 3) {
            Some(value) if told.contains(value) => {
                return Err(format!("the answer shows the value of the claim {name}"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, expected: T, given: T) -> Result<(), String> {
    if expected == given {
        return Ok(());
    }
    Err(format!("{what}: expected {expected:?}, and it is {given:?}"))
}

fn header<'a>(answer: &'a Response<Bytes>, name: &str) -> Option<&'a str> {
    answer.headers().get(name).map(|value| value.to_str().expect("ASCII"))
}

fn json(answer: &Response<Bytes>) -> Result<Value, String> {
    serde_json::from_slice(answer.body()).map_err(|error| format!("the body is not JSON: {error}"))
}

fn text(answer: &Response<Bytes>) -> String {
    String::from_utf8_lossy(answer.body()).into_owned()
}
