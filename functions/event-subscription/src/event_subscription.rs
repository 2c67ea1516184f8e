use headgate_core::{Body, Diagnostics, Handler, PlatformEvent, Severity, TraceContext};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response};
use serde_json::json;

use crate::checks::Asking;
use crate::classify::{Delivery, Origin, classify};
use crate::configuration::Configuration;
use crate::handshake::{Validation, ValidationBy, consent, validation_address};
use crate::openapi;
use crate::ports::{Ports, World};
use crate::refusal::Refusal;
use crate::response::{page, with_outcome};

/// The longest body over HTTP: Event Grid delivers at most 1 MB (contracts §3.1).
const BODY_LIMIT: usize = 1024 * 1024;

/// The longest event of the platform: Lambda's own limit ("Lambda quotas").
const PLATFORM_LIMIT: usize = 6 * 1024 * 1024;

/// The function: takes events, and fires what is to follow.
pub struct EventSubscription<W: World> {
    pub(crate) configuration: Configuration,
    pub(crate) ports: Ports<W>,
}

impl<W: World> EventSubscription<W> {
    /// Makes the function.
    #[must_use]
    pub const fn new(configuration: Configuration, ports: Ports<W>) -> Self {
        Self { configuration, ports }
    }

    async fn receive(&self, parts: &Parts, body: Body) -> Result<Response<Body>, Refusal> {
        let origin = match parts.extensions.get::<PlatformEvent>() {
            Some(_) => Origin::Platform,
            None => Origin::Http,
        };
        let body = match origin {
            Origin::Platform => body.read(PLATFORM_LIMIT).await?,
            Origin::Http => body.read(BODY_LIMIT).await?,
        };
        if origin == Origin::Http {
            let asking = Asking { headers: &parts.headers, query: parts.uri.query(), body: &body };
            self.configuration.checks.judge(asking, self.now())?;
        }
        let trace = parts.extensions.get::<TraceContext>().copied();
        match classify(origin, &parts.headers, &body)? {
            Delivery::Validation(validation) => self.shake_hands(&validation).await,
            Delivery::Deletion => {
                let message =
                    "Event Grid says that the subscription is deleted: no more events come of it";
                self.ports.diagnostics.report(Severity::Info, &message);
                Ok(with_outcome(page(&json!({})), "events", "SubscriptionDeleted"))
            }
            Delivery::Events(events) => {
                let taken = self.take(events, trace).await?;
                Ok(with_outcome(page(&taken), "events", "ok"))
            }
            Delivery::Queue(messages) => {
                let answer = self.take_messages(messages, trace).await?;
                Ok(with_outcome(page(&answer), "events", "ok"))
            }
        }
    }

    async fn shake_hands(&self, validation: &Validation) -> Result<Response<Body>, Refusal> {
        let answer = match self.configuration.validation {
            ValidationBy::Code => page(&json!({ "validationResponse": validation.code })),
            ValidationBy::Url => {
                let address = validation_address(validation)?;
                let asked = self.validate_by(address).await;
                asked.map_err(|error| self.unavailable(&error))?;
                page(&json!({}))
            }
        };
        Ok(with_outcome(answer, "events", "SubscriptionValidated"))
    }

    fn consent(&self, parts: &Parts) -> Result<Response<Body>, Refusal> {
        let consent = consent(&parts.headers, &self.configuration.abuse_protection)?;
        let mut response = Response::new(Body::empty());
        consent.apply(response.headers_mut());
        Ok(with_outcome(response, "events", "OriginAllowed"))
    }

    async fn answer_tick(&self, parts: &Parts) -> Response<Body> {
        // It does only what is due anyway: anybody may ask for it.
        self.tick(parts.extensions.get::<TraceContext>().copied()).await;
        // Azure Functions ends a timer's invocation only when it reads a JSON object of this shape.
        let done = r#"{"Outputs":{},"Logs":[],"ReturnValue":null}"#;
        let mut response = Response::new(Body::from(done));
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        with_outcome(response, "tick", "ok")
    }

    /// Answers a request to the function's own routes that may not pass.
    async fn refusal(&self, parts: &Parts, route: &'static str) -> Option<Response<Body>> {
        self.configuration.access.refusal(&self.ports, parts, route).await
    }

    async fn own_letters(&self, parts: &Parts) -> Result<Response<Body>, Refusal> {
        let route = "dead-letters";
        if let Some(response) = self.refusal(parts, route).await {
            return Ok(response);
        }
        Ok(with_outcome(self.list_letters().await?, route, "ok"))
    }

    async fn own_redeliver(&self, id: &str, parts: &Parts) -> Result<Response<Body>, Refusal> {
        let route = "redeliver";
        if let Some(response) = self.refusal(parts, route).await {
            return Ok(response);
        }
        let trace = parts.extensions.get::<TraceContext>().copied();
        Ok(with_outcome(self.redeliver(id, trace).await?, route, "ok"))
    }

    fn now(&self) -> headgate_core::Timestamp {
        headgate_core::Clock::now(&self.ports.clock)
    }
}

impl<W: World> Handler for EventSubscription<W> {
    async fn handle(&self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().to_owned();
        let refused = |route| move |refusal: Refusal| refusal.into_response(route);
        if let Some(id) = redelivered_id(&path) {
            if parts.method != Method::POST {
                return Refusal::MethodNotAllowed("POST").into_response("redeliver");
            }
            return self.own_redeliver(id, &parts).await.unwrap_or_else(refused("redeliver"));
        }
        match (&parts.method, path.as_str()) {
            (&Method::POST, "/events" | "/") => {
                self.receive(&parts, body).await.unwrap_or_else(refused("events"))
            }
            (&Method::OPTIONS, "/events" | "/") => {
                self.consent(&parts).unwrap_or_else(refused("events"))
            }
            (&Method::GET, "/dead-letters") => {
                self.own_letters(&parts).await.unwrap_or_else(refused("dead-letters"))
            }
            (&Method::POST, "/tick") => self.answer_tick(&parts).await,
            (&Method::GET | &Method::HEAD, "/healthz") => {
                with_outcome(Response::new(Body::from("ok\n")), "healthz", "ok")
            }
            (&Method::GET, "/openapi.json") => match self.refusal(&parts, "openapi").await {
                None => with_outcome(openapi::response(), "openapi", "ok"),
                Some(response) => response,
            },
            (_, "/events" | "/") => Refusal::MethodNotAllowed("POST").into_response("events"),
            (_, "/tick") => Refusal::MethodNotAllowed("POST").into_response("tick"),
            (_, "/dead-letters") => Refusal::MethodNotAllowed("GET").into_response("dead-letters"),
            (_, "/healthz") => Refusal::MethodNotAllowed("GET").into_response("healthz"),
            (_, "/openapi.json") => Refusal::MethodNotAllowed("GET").into_response("openapi"),
            _ => Refusal::RouteNotFound.into_response("unknown"),
        }
    }
}

fn redelivered_id(path: &str) -> Option<&str> {
    path.strip_prefix("/dead-letters/")?.strip_suffix(":redeliver")
}
