use std::borrow::Cow;
use std::sync::Arc;

use headgate_core::reply::{
    document, healthy, invalid, not_allowed, read_body, route_not_found, ticked, with_outcome,
};
use headgate_core::{Background, Body, Clock, Handler, TraceContext};
use headgate_jwt::denial_response;
use headgate_jwt::facts::{Facts, form_decoded};
use headgate_jwt::gate::DEFAULT_POLICY;
use headgate_jwt::verdict::Verdict;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response};

use crate::attempts::{Reported, expired_token, report};
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
    ports: Arc<Ports<W>>,
    reported: Arc<Reported>,
}

impl<W: World> TokenValidation<W> {
    /// Makes the function.
    #[must_use]
    pub fn new(configuration: Configuration, ports: Ports<W>) -> Self {
        Self { configuration, ports: Arc::new(ports), reported: Arc::default() }
    }

    /// Judges a request and hands it to `next` if it may pass, with the `X-Auth-*` headers of its token; the middleware
    /// component's whole job. Whatever its path, it is the request that is judged.
    pub async fn guard(&self, request: Request<Body>, next: &impl Handler) -> Response<Body> {
        let (mut parts, body) = request.into_parts();
        let name = &self.configuration.middleware_policy;
        let verdict = {
            let facts = self.facts(&parts);
            let verdict = self.configuration.gate.judge(name, &facts, self.ports.as_ref()).await;
            self.report(&verdict).await;
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
        let verdict = self.configuration.gate.judge(target.name, &facts, self.ports.as_ref()).await;
        self.report(&verdict).await;
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
        let body = match read_body(body, BODY_LIMIT, "introspect").await {
            Ok(body) => body,
            Err(response) => return response,
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
        let verdict = gate.judge_token(&policy, &token, self.ports.as_ref(), trace(parts)).await;
        self.report(&verdict).await;
        with_verdict(faces::introspect(&verdict, &self.facts(parts)), "introspect", &verdict)
    }

    async fn authorize(&self, parts: &Parts, body: Body) -> Response<Body> {
        let body = match read_body(body, BODY_LIMIT, "authorizer").await {
            Ok(body) => body,
            Err(response) => return response,
        };
        let asked = match faces::AuthorizerRequest::read(&body) {
            Ok(asked) => asked,
            Err(detail) => return invalid("authorizer", detail),
        };
        let facts = asked.facts(trace(parts));
        let name = &self.configuration.authorizer_policy;
        let verdict = self.configuration.gate.judge(name, &facts, self.ports.as_ref()).await;
        self.report(&verdict).await;
        with_verdict(asked.answer(&verdict, &facts), "authorizer", &verdict)
    }

    /// Reports an attempt with a token that has expired, where that is wished.
    async fn report(&self, verdict: &Verdict) {
        let (Some(target), Some(id)) = (&self.configuration.attempts, expired_token(verdict))
        else {
            return;
        };
        if self.reported.is_due(id, self.ports.clock.now()) {
            let (target, id, ports) = (target.clone(), id.to_owned(), Arc::clone(&self.ports));
            let reported = Arc::clone(&self.reported);
            let reporting = async move {
                if !report(target, &id, &ports).await {
                    reported.forget(&id);
                }
            };
            Box::pin(self.ports.background.begin(reporting)).await;
        }
    }

    /// Answers a request to the function's own routes that may not pass.
    async fn refusal(&self, parts: &Parts, route: &'static str) -> Option<Response<Body>> {
        self.configuration.access.refusal(self.ports.as_ref(), parts, route).await
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
            (&Method::GET | &Method::HEAD, "/healthz") => healthy(),
            (&Method::POST, "/tick") => {
                // It does only what any request would cause, and only when it is due: anybody may ask for it.
                self.configuration.gate.refresh_keys(self.ports.as_ref()).await;
                ticked()
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
                None => document("openapi", openapi::DOCUMENT),
                Some(response) => response,
            },
            (_, "/healthz") => not_allowed("healthz", "GET"),
            (_, "/openapi.json") => not_allowed("openapi", "GET"),
            (_, "/tick") => not_allowed("tick", "POST"),
            (_, "/introspect") => not_allowed("introspect", "POST"),
            (_, "/authorizer") => not_allowed("authorizer", "POST"),
            _ => route_not_found(
                "/validate, /validate/{policy}, /introspect, /authorizer, /tick, /healthz and /openapi.json",
            ),
        }
    }
}

fn trace(parts: &Parts) -> Option<TraceContext> {
    parts.extensions.get::<TraceContext>().copied()
}

fn with_verdict(
    response: Response<Body>,
    route: &'static str,
    verdict: &Verdict,
) -> Response<Body> {
    with_outcome(response, route, verdict.result())
}
