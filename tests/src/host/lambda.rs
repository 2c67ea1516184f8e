use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use headgate_core::Clock;
use headgate_fakes::{InvocationError, LambdaRuntimeApi};
use headgate_native::SystemClock;
use http::{Request, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::native::environment;
use super::{AUTHORITY, Host, Process, native_binary};
use crate::face::Face;

/// The native binary as a Lambda function, in front of a strict runtime API.
///
/// HTTP questions come as the events of a function URL (payload 2.0), an authorizer's as the event itself.
#[derive(Debug)]
pub struct Lambda {
    // The process goes before the API that it polls.
    _process: Process,
    api: LambdaRuntimeApi,
    /// The real Lambda hands out one event at a time.
    turn: std::sync::Mutex<()>,
}

impl Lambda {
    /// Starts the binary with these variables.
    ///
    /// # Errors
    ///
    /// Why it does not start.
    pub fn start(variables: &BTreeMap<String, String>) -> Result<Self, String> {
        let api = LambdaRuntimeApi::start().map_err(|error| error.to_string())?;
        let mut command = Command::new(native_binary()?);
        command.env_clear().envs(environment(variables)).envs(api.environment());
        let process = Process::start(command.stderr(Stdio::inherit()))?;
        Ok(Self { _process: process, api, turn: std::sync::Mutex::default() })
    }

    fn invoke(&self, event: Vec<u8>) -> Result<Result<Value, String>, String> {
        let _turn = self.turn.lock().unwrap();
        let answer = self.api.invoke(event);
        let refusals = self.api.refusals();
        if !refusals.is_empty() {
            return Err(format!("the runtime API refused {refusals:?}"));
        }
        match answer {
            Ok(answer) => {
                serde_json::from_slice(&answer).map(Ok).map_err(|error| error.to_string())
            }
            Err(InvocationError::Failed { message, .. }) => Ok(Err(message)),
            Err(other) => Err(format!("{other:?}")),
        }
    }
}

impl Host for Lambda {
    fn issuer(&self) -> &str {
        &AUTHORITY
    }

    fn now(&self) -> u64 {
        SystemClock.now().as_secs()
    }

    fn ask(&self, face: Face, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        if face.is_authorizer() {
            let answer = self.invoke(request.into_body().to_vec())?;
            return Ok(authorizer_response(answer));
        }
        let event = function_url_event(&request);
        match self.invoke(event.to_string().into_bytes())? {
            Ok(answer) => http_response(&answer),
            Err(message) => Err(format!("the invocation failed: {message}")),
        }
    }
}

/// What API Gateway makes of an authorizer's answer: an error `Unauthorized` is a 401, and any other one a 500. The cases
/// call the latter 503, since it says that the verdict is not known.
fn authorizer_response(answer: Result<Value, String>) -> Response<Bytes> {
    let (status, body) = match answer {
        Ok(answer) => (StatusCode::OK, answer.to_string()),
        Err(message) if message == "Unauthorized" => (StatusCode::UNAUTHORIZED, message),
        Err(message) => (StatusCode::SERVICE_UNAVAILABLE, message),
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response
}

/// Payload 2.0, as AWS documents it for function URLs and HTTP APIs.
fn function_url_event(request: &Request<Bytes>) -> Value {
    let mut headers = Map::new();
    for (name, value) in request.headers() {
        let value = value.to_str().expect("ASCII");
        match headers.get_mut(name.as_str()) {
            Some(Value::String(values)) => *values = format!("{values},{value}"),
            _ => drop(headers.insert(name.to_string(), json!(value))),
        }
    }
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.uri().path(),
        "rawQueryString": request.uri().query().unwrap_or_default(),
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "a1b2c3d4e5",
            "domainName": "a1b2c3d4e5.lambda-url.eu-west-1.on.aws",
            "domainPrefix": "a1b2c3d4e5",
            "http": {
                "method": request.method().as_str(),
                "path": request.uri().path(),
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "test",
            },
            "requestId": "id",
            "routeKey": "$default",
            "stage": "$default",
            "time": "12/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1_583_348_638_390_u64,
        },
        "body": STANDARD.encode(request.body()),
        "isBase64Encoded": true,
    })
}

fn http_response(answer: &Value) -> Result<Response<Bytes>, String> {
    let status = answer["statusCode"].as_u64().ok_or("the answer has no statusCode")?;
    let mut response = Response::builder().status(u16::try_from(status).unwrap());
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        response = response.header(name, value.as_str().ok_or("a header is not text")?);
    }
    let body = answer["body"].as_str().unwrap_or_default();
    let body = if answer["isBase64Encoded"] == json!(true) {
        STANDARD.decode(body).map_err(|error| error.to_string())?
    } else {
        body.as_bytes().to_vec()
    };
    response.body(Bytes::from(body)).map_err(|error| error.to_string())
}
