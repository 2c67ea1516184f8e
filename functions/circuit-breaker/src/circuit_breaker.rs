use std::sync::Arc;

use headgate_core::reply::{
    document, healthy, not_allowed, route_not_found, store_unavailable, ticked,
};
use headgate_core::{Body, Handler};
use http::request::Parts;
use http::{Method, Request, Response};

use crate::breaker::Breakers;
use crate::configuration::Configuration;
use crate::faces;
use crate::openapi;
use crate::{Ports, World};

/// The function: guards backends, and tells everybody when one fails.
pub struct CircuitBreaker<W: World> {
    breakers: Arc<Breakers<W>>,
}

impl<W: World> CircuitBreaker<W> {
    /// Makes the function. What the document of backends says in vain is reported.
    #[must_use]
    pub fn new(configuration: Configuration, ports: Ports<W>) -> Self {
        Self { breakers: Arc::new(Breakers::new(configuration, ports)) }
    }

    async fn tick(&self) -> Response<Body> {
        // It does only what any request would cause, and only what is due: anybody may ask for it.
        if Box::pin(self.breakers.tick()).await.is_err() {
            return store_unavailable("tick");
        }
        ticked()
    }

    /// Answers a request that may not pass.
    async fn refusal(&self, parts: &Parts, route: &'static str) -> Option<Response<Body>> {
        let breakers = &self.breakers;
        breakers.configuration.access.refusal(&breakers.ports, parts, route).await
    }

    /// Answers a route. What is not proxied is in boxes, so that a refusal, which is to cost little, does not move it about.
    async fn answer(&self, route: Route<'_>, parts: Parts, body: Body) -> Response<Body> {
        let breakers = &self.breakers;
        let method = parts.method.clone();
        match (route, &method) {
            (Route::Proxy(path), _) => {
                let path = path.to_owned();
                faces::proxy(breakers, parts, body, &path).await
            }
            (Route::Outcomes, &Method::POST) => Box::pin(faces::outcomes(breakers, body)).await,
            (Route::Backends, &Method::GET) => Box::pin(faces::all_backends(breakers)).await,
            (Route::Backend(name), &Method::GET) => {
                Box::pin(faces::one_backend(breakers, name)).await
            }
            (Route::Trip(name), &Method::POST) => Box::pin(faces::trip(breakers, name, body)).await,
            (Route::Reset(name), &Method::POST) => Box::pin(faces::reset(breakers, name)).await,
            (Route::OpenApi, &Method::GET) => document(route.name(), openapi::DOCUMENT),
            (Route::Outbox(path), method) => {
                match Box::pin(breakers.outbox.answer(method, path)).await {
                    Some(response) => response,
                    None => route_not_found(SERVED),
                }
            }
            (Route::Outcomes | Route::Trip(_) | Route::Reset(_), _) => {
                not_allowed(route.name(), "POST")
            }
            (Route::Backends | Route::Backend(_) | Route::OpenApi, _) => {
                not_allowed(route.name(), "GET")
            }
        }
    }
}

impl<W: World> Handler for CircuitBreaker<W> {
    async fn handle(&self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        // A clone of an address shares its text.
        let uri = parts.uri.clone();
        match (&parts.method, uri.path()) {
            (&Method::GET | &Method::HEAD, "/healthz") => healthy(),
            (&Method::POST, "/tick") => self.tick().await,
            (_, "/healthz") => not_allowed("healthz", "GET"),
            (_, "/tick") => not_allowed("tick", "POST"),
            (_, path) => match Route::of(path) {
                None => route_not_found(SERVED),
                Some(route) => match self.refusal(&parts, route.name()).await {
                    None => self.answer(route, parts, body).await,
                    Some(response) => response,
                },
            },
        }
    }
}

/// What a path asks for, of everything that follows `access`.
#[derive(Clone, Copy)]
enum Route<'p> {
    /// What follows `/proxy/`.
    Proxy(&'p str),
    Outcomes,
    Backends,
    Backend(&'p str),
    Trip(&'p str),
    Reset(&'p str),
    /// The whole path.
    Outbox(&'p str),
    OpenApi,
}

impl<'p> Route<'p> {
    fn of(path: &'p str) -> Option<Self> {
        Some(match path {
            "/outcomes" => Self::Outcomes,
            "/backends" => Self::Backends,
            "/openapi.json" => Self::OpenApi,
            "/outbox" | "/dead-letters" => Self::Outbox(path),
            _ if path.starts_with("/dead-letters/") => Self::Outbox(path),
            _ => match path.strip_prefix("/proxy/") {
                Some(rest) => Self::Proxy(rest),
                None => {
                    let name = path.strip_prefix("/backends/")?;
                    // No name has a colon.
                    match name.split_once(':') {
                        None => Self::Backend(name),
                        Some((name, "trip")) => Self::Trip(name),
                        Some((name, "reset")) => Self::Reset(name),
                        Some(_) => return None,
                    }
                }
            },
        })
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Proxy(_) => "proxy",
            Self::Outcomes => "outcomes",
            Self::Backends => "backends",
            Self::Backend(_) => "backend",
            Self::Trip(_) => "trip",
            Self::Reset(_) => "reset",
            Self::Outbox(_) => "outbox",
            Self::OpenApi => "openapi",
        }
    }
}

/// What there is, for who asks for something else.
const SERVED: &str = "/proxy/{backend}/{path}, /outcomes, /backends, /backends/{name}, /backends/{name}:trip, \
         /backends/{name}:reset, /outbox, /dead-letters, /dead-letters/{id}:redeliver, /tick, /healthz and /openapi.json";
