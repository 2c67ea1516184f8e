//! A function that does what it is told, so that tests can see what its host does.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use headgate_core::{
    Body, ClientAddress, ClientCertificate, Diagnostics, Handler, HttpClient, KeyValue,
    KeyValueError, Outcome, PlatformEvent, Severity, Swap, Timeout, Variables,
};
use headgate_native::{Command, Function, NativePorts, Variable};
use http::{Method, Request, Response, StatusCode};
use serde_json::json;
use tokio::sync::Semaphore;

const FUNCTION: Function = Function {
    name: "workbench",
    version: env!("CARGO_PKG_VERSION"),
    about: "Does what it is told.",
    variables: &[Variable {
        name: "refuse",
        default: None,
        about: "Why the function refuses to start.",
    }],
    computes_beside: false,
    commands: &[Command {
        words: &["say", "twice"],
        operands: &["TEXT"],
        about: "Says it twice.",
        run: |operands, output| {
            let said = operands.iter().try_for_each(|text| writeln!(output, "{text} {text}"));
            if said.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        },
    }],
};

fn main() -> ExitCode {
    headgate_native::run(&FUNCTION, async |ports: NativePorts| {
        match ports.variables.get("refuse").await {
            Ok(None) => Ok(Workbench { ports, released: Arc::new(Semaphore::new(0)) }),
            Ok(Some(reason)) => Err(reason),
            Err(error) => Err(error.to_string()),
        }
    })
}

struct Workbench {
    ports: NativePorts,
    released: Arc<Semaphore>,
}

impl Handler for Workbench {
    async fn handle(&self, request: Request<Body>) -> Response<Body> {
        let path = request.uri().path().to_owned();
        let words: Vec<&str> = path.split('/').skip(1).collect();
        let (route, mut response) = match (request.method(), words.as_slice()) {
            (&Method::POST, ["echo"]) => ("echo", Response::new(request.into_body())),
            (&Method::POST, ["read"]) => ("read", read(request).await),
            (&Method::GET, ["panic"]) => ("panic", panics()),
            (&Method::GET, ["held"]) => ("held", self.held().await),
            (&Method::POST, ["release"]) => ("release", self.release(request).await),
            (&Method::POST, ["fetch"]) => ("fetch", self.fetch(request).await),
            (&Method::POST, ["count", key]) => ("count", answer(self.count(key).await)),
            (&Method::GET, ["value", key]) => ("value", answer(self.value(key).await)),
            (&Method::POST, ["status", status]) => ("status", answered_with(status, request).await),
            _ => ("inspect", inspect(request).await),
        };
        response.extensions_mut().insert(Outcome { route, result: "ok" });
        response
    }
}

impl Workbench {
    /// Says in the log that it has begun, and ends when it is released.
    async fn held(&self) -> Response<Body> {
        self.ports.diagnostics.report(Severity::Info, &"under way");
        match self.released.acquire().await {
            Ok(permit) => permit.forget(),
            Err(error) => return text(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        }
        text(StatusCode::OK, "was held")
    }

    /// Says in the log that it has begun, and lets go as many as the body says, once it has come.
    async fn release(&self, request: Request<Body>) -> Response<Body> {
        self.ports.diagnostics.report(Severity::Info, &"under way");
        let body = request.into_body().read(1_000).await.unwrap_or_default();
        self.released.add_permits(String::from_utf8_lossy(&body).parse().unwrap_or(0));
        text(StatusCode::OK, "released")
    }

    async fn fetch(&self, request: Request<Body>) -> Response<Body> {
        let body = request.into_body().read(1_000).await.unwrap_or_default();
        let mut call = Request::new(Body::empty());
        match String::from_utf8_lossy(&body).parse() {
            Ok(uri) => *call.uri_mut() = uri,
            Err(error) => return text(StatusCode::BAD_REQUEST, &format!("{error}")),
        }
        match self.ports.http.send(call, Timeout::each(Duration::from_secs(10))).await {
            Ok(response) => text(StatusCode::OK, &response.status().to_string()),
            Err(error) => text(StatusCode::BAD_GATEWAY, &error.to_string()),
        }
    }

    async fn count(&self, key: &str) -> Result<String, KeyValueError> {
        loop {
            let found = self.ports.key_value.get(key).await?;
            let count: u64 = found
                .as_deref()
                .map_or(0, |bytes| String::from_utf8_lossy(bytes).parse().unwrap_or(0));
            let next = (count + 1).to_string();
            let swap =
                self.ports.key_value.compare_and_swap(key, found.as_deref(), next.as_bytes());
            if swap.await? == Swap::Stored {
                return Ok(next);
            }
        }
    }

    async fn value(&self, key: &str) -> Result<String, KeyValueError> {
        let found = self.ports.key_value.get(key).await?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&found).into_owned())
    }
}

async fn read(request: Request<Body>) -> Response<Body> {
    match request.into_body().read(64 * 1024 * 1024).await {
        Ok(bytes) => text(StatusCode::OK, &bytes.len().to_string()),
        Err(error) => text(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

/// Answers with the status and the content type that it is told, and the request's body.
async fn answered_with(status: &str, request: Request<Body>) -> Response<Body> {
    let status = status.parse().unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = Response::new(request.into_body());
    *response.status_mut() = status;
    for cookie in ["a=1", "b=2"] {
        let cookie = http::HeaderValue::from_static(cookie);
        response.headers_mut().append(http::header::SET_COOKIE, cookie);
    }
    response
}

#[expect(clippy::panic, reason = "a test asks for it")]
fn panics() -> Response<Body> {
    panic!("with a secret: hunter2")
}

async fn inspect(request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = body.read(1024 * 1024).await.unwrap_or_default();
    let headers: Vec<_> = parts
        .headers
        .iter()
        .map(|(name, value)| json!([name.as_str(), String::from_utf8_lossy(value.as_bytes())]))
        .collect();
    let client = parts.extensions.get::<ClientAddress>().map(|client| client.0.to_string());
    let certificate = parts.extensions.get::<ClientCertificate>().map(|certificate| &certificate.0);
    let event = parts.extensions.get::<PlatformEvent>().map(|event| format!("{event:?}"));
    // An event may ask for a status.
    let asked: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(status) = asked.get("status").and_then(serde_json::Value::as_u64) {
        let status = u16::try_from(status).ok().and_then(|status| status.try_into().ok());
        return text(status.unwrap_or(StatusCode::BAD_REQUEST), "");
    }
    let seen = json!({
        "method": parts.method.as_str(),
        "uri": parts.uri.to_string(),
        "headers": headers,
        "body": String::from_utf8_lossy(&body),
        "client": client,
        "certificate": certificate,
        "event": event,
    });
    text(StatusCode::OK, &seen.to_string())
}

fn answer(result: Result<String, KeyValueError>) -> Response<Body> {
    match result {
        Ok(value) => text(StatusCode::OK, &value),
        Err(error) => text(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
    }
}

fn text(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(text.to_owned()));
    *response.status_mut() = status;
    response
}
