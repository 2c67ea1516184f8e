use std::borrow::Cow;

use headgate_core::{Body, BodyError, Handler, Outcome, Problem, TraceContext};
use headgate_jwt::denial_response;
use headgate_jwt::facts::{Facts, form_decoded};
use headgate_jwt::gate::DEFAULT_POLICY;
use headgate_jwt::verdict::Verdict;
use http::header::{ALLOW, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};

use crate::configuration::Configuration;
use crate::faces::{self, Target};
use crate::openapi;
use crate::ports::{Ports, World};

/// The longest body of `/introspect` and `/authorizer`: a token of the greatest length, form-encoded or with the rest of
/// its request, as API Gateway passes at most 10 MB.
const BODY_LIMIT: usize = 256 * 1024;

/// The function: judges requests, and answers in the way of whoever asks.
pub struct TokenValidation<W: World> {
    configuration: Configuration,
    ports: Ports<W>,
}

impl<W: World> TokenValidation<W> {
    /// Makes the function.
    #[must_use]
    pub const fn new(configuration: Configuration, ports: Ports<W>) -> Self {
        Self { configuration, ports }
    }

    /// Judges a request and hands it to `next` if it may pass, with the `X-Auth-*` headers of its token; the middleware
    /// component's whole job. Whatever its path, it is the request that is judged.
    pub async fn guard(&self, request: Request<Body>, next: &impl Handler) -> Response<Body> {
        let (mut parts, body) = request.into_parts();
        let name = &self.configuration.middleware_policy;
        let verdict = {
            let facts = self.facts(&parts);
            let verdict = self.configuration.gate.judge(name, &facts, &self.ports).await;
            if let Verdict::Denied(denial) = &verdict {
                let response = denial_response(denial, &facts);
                return with_outcome(response, "middleware", denial.rejection.reason());
            }
            verdict
        };
        if let Verdict::Allowed(allowed) = verdict {
            allowed.identity().apply(&mut parts.headers);
        }
        let response = next.handle(Request::from_parts(parts, body)).await;
        with_outcome(response, "middleware", "ok")
    }

    async fn validate(&self, parts: &Parts, target: Target<'_>) -> Response<Body> {
        let original = faces::original_uri(&parts.headers);
        let mut facts = self.facts(parts);
        if let Some(original) = &original {
            facts.query = original.query();
            facts.path = original.path();
        } else if let Some(appended) = target.appended {
            facts.path = appended;
        }
        let verdict = self.configuration.gate.judge(target.name, &facts, &self.ports).await;
        with_verdict(faces::forward_auth(&verdict, &facts), "validate", &verdict)
    }

    async fn introspect(&self, parts: &Parts, body: Body) -> Response<Body> {
        let content_type = parts.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        let form = b"application/x-www-form-urlencoded";
        if !content_type.is_some_and(|value| {
            value
                .split(|byte| *byte == b';')
                .next()
                .is_some_and(|essence| essence.trim_ascii().eq_ignore_ascii_case(form))
        }) {
            return invalid("introspect", "send application/x-www-form-urlencoded");
        }
        let body = match read(body).await {
            Ok(body) => body,
            Err(response) => return with_outcome(response, "introspect", "BodyNotRead"),
        };
        let Ok(body) = std::str::from_utf8(&body) else {
            return invalid("introspect", "the body is not UTF-8");
        };
        let parameter = |name: &str| {
            body.split('&').filter_map(|pair| pair.split_once('=')).find_map(|(key, value)| {
                (form_decoded(key)? == name).then(|| form_decoded(value)).flatten()
            })
        };
        let Some(token) = parameter("token").filter(|token| !token.is_empty()) else {
            return invalid("introspect", "the parameter token is missing");
        };
        let policy = parameter("policy").unwrap_or(Cow::Borrowed(DEFAULT_POLICY));
        let gate = &self.configuration.gate;
        let verdict = gate.judge_token(&policy, &token, &self.ports, trace(parts)).await;
        with_verdict(faces::introspect(&verdict, &self.facts(parts)), "introspect", &verdict)
    }

    async fn authorize(&self, parts: &Parts, body: Body) -> Response<Body> {
        let body = match read(body).await {
            Ok(body) => body,
            Err(response) => return with_outcome(response, "authorizer", "BodyNotRead"),
        };
        let asked = match faces::AuthorizerRequest::read(&body) {
            Ok(asked) => asked,
            Err(detail) => return invalid("authorizer", detail),
        };
        let facts = asked.facts(trace(parts));
        let name = &self.configuration.authorizer_policy;
        let verdict = self.configuration.gate.judge(name, &facts, &self.ports).await;
        with_verdict(asked.answer(&verdict, &facts), "authorizer", &verdict)
    }

    /// Answers a request to the function's own routes that may not pass.
    async fn refusal(&self, parts: &Parts, route: &'static str) -> Option<Response<Body>> {
        self.configuration.access.refusal(&self.ports, parts, route).await
    }

    fn facts<'a>(&'a self, parts: &'a Parts) -> Facts<'a> {
        self.configuration.forwarding.facts(parts)
    }
}

impl<W: World> Handler for TokenValidation<W> {
    async fn handle(&self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        if let Some(target) = Target::of(parts.uri.path()) {
            return self.validate(&parts, target).await;
        }
        let path = parts.uri.path().to_owned();
        match (&parts.method, path.as_str()) {
            (&Method::GET | &Method::HEAD, "/healthz") => {
                with_outcome(Response::new(Body::from("ok\n")), "healthz", "ok")
            }
            (&Method::POST, "/tick") => {
                // It does only what any request would cause, and only when it is due: anybody may ask for it.
                self.configuration.gate.refresh_keys(&self.ports).await;
                // Azure Functions ends a timer's invocation only when it reads a JSON object of this shape.
                let done = r#"{"Outputs":{},"Logs":[],"ReturnValue":null}"#;
                let mut response = Response::new(Body::from(done));
                let json = HeaderValue::from_static("application/json");
                response.headers_mut().insert(CONTENT_TYPE, json);
                with_outcome(response, "tick", "ok")
            }
            (&Method::POST, "/introspect") => match self.refusal(&parts, "introspect").await {
                None => self.introspect(&parts, body).await,
                Some(response) => response,
            },
            (&Method::POST, "/authorizer") => match self.refusal(&parts, "authorizer").await {
                None => self.authorize(&parts, body).await,
                Some(response) => response,
            },
            (&Method::GET, "/openapi.json") => match self.refusal(&parts, "openapi").await {
                None => with_outcome(openapi::response(), "openapi", "ok"),
                Some(response) => response,
            },
            (_, "/healthz" | "/openapi.json") => not_allowed("GET"),
            (_, "/tick" | "/introspect" | "/authorizer") => not_allowed("POST"),
            _ => {
                let response = Problem::new(StatusCode::NOT_FOUND, "there is no such route")
                    .detail(
                        "this function serves /validate, /validate/{policy}, /introspect, /authorizer, /tick, /healthz \
                         and /openapi.json",
                    )
                    .into_response();
                with_outcome(response, "unknown", "RouteNotFound")
            }
        }
    }
}

fn trace(parts: &Parts) -> Option<TraceContext> {
    parts.extensions.get::<TraceContext>().copied()
}

async fn read(body: Body) -> Result<bytes::Bytes, Response<Body>> {
    body.read(BODY_LIMIT).await.map_err(|error| {
        let status = match error {
            BodyError::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            BodyError::BrokenOff(_) => StatusCode::BAD_REQUEST,
        };
        Problem::new(status, "the request's body cannot be read")
            .detail(error.to_string())
            .into_response()
    })
}

fn invalid(route: &'static str, detail: &str) -> Response<Body> {
    let response = Problem::new(StatusCode::BAD_REQUEST, "invalid_request").detail(detail);
    with_outcome(response.into_response(), route, "RequestInvalid")
}

fn not_allowed(allow: &'static str) -> Response<Body> {
    let mut response =
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "the method is not allowed here")
            .detail(format!("use {allow}"))
            .into_response();
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    with_outcome(response, "unknown", "MethodNotAllowed")
}

fn with_verdict(
    response: Response<Body>,
    route: &'static str,
    verdict: &Verdict,
) -> Response<Body> {
    with_outcome(response, route, verdict.result())
}

fn with_outcome(
    mut response: Response<Body>,
    route: &'static str,
    result: &'static str,
) -> Response<Body> {
    response.extensions_mut().insert(Outcome { route, result });
    response
}
