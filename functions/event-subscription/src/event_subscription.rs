use std::sync::Arc;

use headgate_core::reply::{document, healthy, page, ticked, with_outcome};
use headgate_core::{Body, Diagnostics, Handler, PlatformEvent, Severity};
use headgate_world::WorldOutbox;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{Method, Request, Response};
use serde_json::json;

use crate::checks::Asking;
use crate::classify::{Delivery, Origin, classify};
use crate::configuration::Configuration;
use crate::handshake::{Validation, ValidationBy, consent, validation_address};
use crate::keys;
use crate::openapi;
use crate::refusal::Refusal;
use crate::trace::Trace;
use crate::{Ports, World};

/// The longest body over HTTP: Event Grid delivers at most 1 MB (contracts §3.1).
const BODY_LIMIT: usize = 1024 * 1024;

/// The longest event of the platform: Lambda's own limit ("Lambda quotas").
const PLATFORM_LIMIT: usize = 6 * 1024 * 1024;

/// The function: takes events, and fires what is to follow.
pub struct EventSubscription<W: World> {
    pub(crate) configuration: Configuration,
    pub(crate) ports: Ports<W>,
    /// What takes events to the sinks of rules.
    pub(crate) outbox: Arc<WorldOutbox<W>>,
}

impl<W: World> EventSubscription<W> {
    /// Makes the function.
    #[must_use]
    pub fn new(configuration: Configuration, ports: Ports<W>) -> Self {
        let outbox = ports.outbox(keys::SINKS, configuration.sinks.clone());
        Self { configuration, ports, outbox: Arc::new(outbox) }
    }

    async fn receive(&self, parts: &Parts, body: Body) -> Result<Response<Body>, Refusal> {
        let origin = match parts.extensions.get::<PlatformEvent>() {
            Some(_) => Origin::Platform,
            None => Origin::Http,
        };
        // Before the body: who has no token costs no more than its head.
        if origin == Origin::Http
            && let Some(refused) = self.token_refusal(parts).await
        {
            return Ok(refused);
        }
        let body = match origin {
            Origin::Platform => body.read(PLATFORM_LIMIT).await?,
            Origin::Http => body.read(BODY_LIMIT).await?,
        };
        if origin == Origin::Http {
            let asking = Asking { headers: &parts.headers, query: parts.uri.query(), body: &body };
            self.configuration.checks.judge(asking, self.now())?;
        }
        let trace = &Trace::of(parts);
        match classify(origin, &parts.headers, &body)? {
            Delivery::Validation(validation) => self.shake_hands(&validation).await,
            Delivery::Deletion => {
                let message =
                    "Event Grid says that the subscription is deleted: no more events come of it";
                self.ports.diagnostics.report(Severity::Info, &message);
                Ok(with_outcome(page("events", &json!({})), "events", "SubscriptionDeleted"))
            }
            Delivery::Events(events) => {
                let taken = self.take(events, trace).await?;
                Ok(page("events", &taken))
            }
            Delivery::Queue(messages) => {
                let answer = self.take_messages(messages, trace).await?;
                Ok(page("events", &answer))
            }
        }
    }

    async fn shake_hands(&self, validation: &Validation) -> Result<Response<Body>, Refusal> {
        let answer = match self.configuration.validation {
            ValidationBy::Code => page("events", &json!({ "validationResponse": validation.code })),
            ValidationBy::Url => {
                let address = validation_address(validation)?;
                let asked = self.validate_by(address).await;
                asked.map_err(|error| self.unavailable(&error))?;
                page("events", &json!({}))
            }
        };
        Ok(with_outcome(answer, "events", "SubscriptionValidated"))
    }

    /// Grants what it is to, to whoever may have it. A token that is sent along must pass; none need be sent, since what
    /// is granted is only to ask, and each delivery is judged (contracts §3.4 does not say that Event Grid sends one).
    async fn consent(&self, parts: &Parts) -> Result<Response<Body>, Refusal> {
        let consent = consent(&parts.headers, &self.configuration.abuse_protection)?;
        if parts.headers.contains_key(AUTHORIZATION)
            && let Some(refused) = self.token_refusal(parts).await
        {
            return Ok(refused);
        }
        let mut response = Response::new(Body::empty());
        consent.apply(response.headers_mut());
        Ok(with_outcome(response, "events", "OriginAllowed"))
    }

    async fn token_refusal(&self, parts: &Parts) -> Option<Response<Body>> {
        self.configuration.checks.token_refusal(&self.ports, parts, "events").await
    }

    async fn answer_tick(&self, parts: &Parts) -> Response<Body> {
        // It does only what is due anyway: anybody may ask for it.
        self.tick(&Trace::of(parts)).await;
        Box::pin(self.configuration.checks.refresh_keys(&self.ports)).await;
        ticked()
    }

    async fn own_outbox(&self) -> Result<Response<Body>, Refusal> {
        let answer = self.outbox.answer(&Method::GET, "/outbox").await;
        answer.ok_or(Refusal::RouteNotFound)
    }

    /// Answers one of the function's own routes, which follow `access`.
    async fn guarded(
        &self,
        parts: &Parts,
        route: &'static str,
        answer: impl Future<Output = Result<Response<Body>, Refusal>> + Send,
    ) -> Response<Body> {
        let access = &self.configuration.access;
        // Boxed, as the answers are by whoever asks: inline, the future of a request would nest deeper than the compiler
        // follows.
        match Box::pin(access.refusal(&self.ports, parts, route)).await {
            Some(response) => response,
            None => answer.await.unwrap_or_else(|refusal| refusal.into_response(route)),
        }
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
            let trace = &Trace::of(&parts);
            return self.guarded(&parts, "redeliver", Box::pin(self.redeliver(id, trace))).await;
        }
        match (&parts.method, path.as_str()) {
            (&Method::POST, "/events" | "/") => {
                // Boxed: inline, the future of a request would nest deeper than the compiler follows.
                Box::pin(self.receive(&parts, body)).await.unwrap_or_else(refused("events"))
            }
            (&Method::OPTIONS, "/events" | "/") => {
                Box::pin(self.consent(&parts)).await.unwrap_or_else(refused("events"))
            }
            (&Method::GET, "/outbox") => {
                self.guarded(&parts, "outbox", Box::pin(self.own_outbox())).await
            }
            (&Method::GET, "/dead-letters") => {
                self.guarded(&parts, "dead-letters", Box::pin(self.list_letters())).await
            }
            (&Method::POST, "/tick") => Box::pin(self.answer_tick(&parts)).await,
            (&Method::GET | &Method::HEAD, "/healthz") => healthy(),
            (&Method::GET, "/openapi.json") => {
                let served = async { Ok(document("openapi", openapi::DOCUMENT)) };
                self.guarded(&parts, "openapi", served).await
            }
            (_, "/events" | "/") => Refusal::MethodNotAllowed("POST").into_response("events"),
            (_, "/tick") => Refusal::MethodNotAllowed("POST").into_response("tick"),
            (_, "/outbox") => Refusal::MethodNotAllowed("GET").into_response("outbox"),
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
