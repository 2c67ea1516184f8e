use std::borrow::Cow;
use std::net::IpAddr;

use headgate_core::{
    Body, BodyError, ClientAddress, ClientCertificate, Handler, Outcome, PlatformEvent, Problem,
    TraceContext,
};
use http::header::{ALLOW, CONTENT_TYPE, HOST};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};

use crate::access::Access;
use crate::configuration::Configuration;
use crate::faces::{self, Target};
use crate::facts::{CertificateSource, Facts, form_decoded};
use crate::gate::{DEFAULT_POLICY, Gate};
use crate::openapi;
use crate::ports::{Ports, World};
use crate::rejection::Rejection;
use crate::verdict::{Denial, Verdict};

/// The longest body of `/introspect` and `/authorizer`: a token of the greatest length, form-encoded or with the rest of
/// its request, as API Gateway passes at most 10 MB.
const BODY_LIMIT: usize = 256 * 1024;

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

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
                let response = faces::denial_response(denial, &facts);
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

    /// Lets a request to the function's own routes pass, or answers it.
    async fn enter(&self, parts: &Parts, route: &'static str) -> Result<(), Response<Body>> {
        if parts.extensions.get::<PlatformEvent>().is_some() {
            return Ok(());
        }
        let gate: &Gate = match &self.configuration.access {
            Access::Anonymous => return Ok(()),
            Access::Nobody => {
                let response = Problem::new(StatusCode::FORBIDDEN, "access is not configured")
                    .detail("set the variable access to anonymous or to a policy document")
                    .into_response();
                return Err(with_outcome(response, route, "AccessNotConfigured"));
            }
            Access::Policy(gate) => gate,
        };
        let facts = self.facts(parts);
        match gate.judge(DEFAULT_POLICY, &facts, &self.ports).await {
            Verdict::Allowed(_) => Ok(()),
            Verdict::Denied(denial) => {
                let response = faces::denial_response(&denial, &facts);
                Err(with_outcome(response, route, denial.rejection.reason()))
            }
        }
    }

    fn facts<'a>(&'a self, parts: &'a Parts) -> Facts<'a> {
        let headers = &parts.headers;
        let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let forwarded_host = text(&FORWARDED_HOST);
        Facts {
            headers,
            query: parts.uri.query(),
            host: forwarded_host
                .or_else(|| text(&HOST))
                .or_else(|| parts.uri.authority().map(http::uri::Authority::as_str)),
            path: parts.uri.path(),
            client: match &self.configuration.client_address_header {
                Some(name) => headers.get_all(name).iter().next_back().and_then(last_address),
                None => {
                    parts.extensions.get::<ClientAddress>().map(|ClientAddress(address)| *address)
                }
            },
            certificate: match &self.configuration.client_certificate_header {
                Some(name) => CertificateSource::Header(name),
                None => match parts.extensions.get::<ClientCertificate>() {
                    Some(ClientCertificate(pem)) => CertificateSource::Pem(pem),
                    None => CertificateSource::Nowhere,
                },
            },
            trace: trace(parts),
        }
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
            (&Method::POST, "/introspect") => match self.enter(&parts, "introspect").await {
                Ok(()) => self.introspect(&parts, body).await,
                Err(response) => response,
            },
            (&Method::POST, "/authorizer") => match self.enter(&parts, "authorizer").await {
                Ok(()) => self.authorize(&parts, body).await,
                Err(response) => response,
            },
            (&Method::GET, "/openapi.json") => match self.enter(&parts, "openapi").await {
                Ok(()) => with_outcome(openapi::response(), "openapi", "ok"),
                Err(response) => response,
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

impl Verdict {
    /// The verdict's name in the log.
    pub(crate) const fn result(&self) -> &'static str {
        match self {
            Self::Allowed(_) => "ok",
            Self::Denied(Denial { rejection, .. }) => Rejection::reason(rejection),
        }
    }
}

fn trace(parts: &Parts) -> Option<TraceContext> {
    parts.extensions.get::<TraceContext>().copied()
}

/// The last address of a list as `X-Forwarded-For` is: the one that the nearest proxy added.
fn last_address(value: &HeaderValue) -> Option<IpAddr> {
    let last = value.to_str().ok()?.rsplit(',').next()?.trim();
    let unbracketed = last.trim_start_matches('[').split(']').next()?;
    let address = unbracketed.parse().ok();
    address.or_else(|| last.rsplit_once(':').and_then(|(address, _port)| address.parse().ok()))
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
