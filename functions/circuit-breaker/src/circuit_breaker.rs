use std::sync::Arc;

use headgate_core::{Body, Handler};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};

use crate::breaker::Breakers;
use crate::configuration::Configuration;
use crate::faces;
use crate::openapi;
use crate::ports::{Ports, World};
use crate::reply::{not_allowed, problem, store_unavailable, with_outcome};

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
        if self.breakers.tick().await.is_err() {
            return store_unavailable("tick");
        }
        // Azure Functions ends a timer's invocation only when it reads a JSON object of this shape.
        let mut response =
            Response::new(Body::from(r#"{"Outputs":{},"Logs":[],"ReturnValue":null}"#));
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        with_outcome(response, "tick", "ok")
    }

    /// Answers a request that may not pass.
    async fn refusal(&self, parts: &Parts, route: &'static str) -> Option<Response<Body>> {
        let breakers = &self.breakers;
        breakers.configuration.access.refusal(&breakers.ports, parts, route).await
    }

    async fn answer(&self, route: Route<'_>, parts: Parts, body: Body) -> Response<Body> {
        let breakers = &self.breakers;
        let method = parts.method.clone();
        match (route, &method) {
            (Route::Proxy(path), _) => {
                let path = path.to_owned();
                faces::proxy(breakers, parts, body, &path).await
            }
            (Route::Outcomes, &Method::POST) => faces::outcomes(breakers, body).await,
            (Route::Backends, &Method::GET) => faces::all_backends(breakers).await,
            (Route::Backend(name), &Method::GET) => faces::one_backend(breakers, name).await,
            (Route::Trip(name), &Method::POST) => faces::trip(breakers, name, body).await,
            (Route::Reset(name), &Method::POST) => faces::reset(breakers, name).await,
            (Route::OpenApi, &Method::GET) => with_outcome(openapi::response(), "openapi", "ok"),
            (Route::Outbox(path), method) => match breakers.outbox.answer(method, path).await {
                Some(response) => response,
                None => not_found(),
            },
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
        let path = parts.uri.path().to_owned();
        match (&parts.method, path.as_str()) {
            (&Method::GET | &Method::HEAD, "/healthz") => {
                with_outcome(Response::new(Body::from("ok\n")), "healthz", "ok")
            }
            (&Method::POST, "/tick") => self.tick().await,
            (_, "/healthz") => not_allowed("healthz", "GET"),
            (_, "/tick") => not_allowed("tick", "POST"),
            (_, path) => match Route::of(path) {
                None => not_found(),
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

fn not_found() -> Response<Body> {
    problem(
        StatusCode::NOT_FOUND,
        "there is no such route",
        "this function serves /proxy/{backend}/{path}, /outcomes, /backends, /backends/{name}, /backends/{name}:trip, \
         /backends/{name}:reset, /outbox, /dead-letters, /dead-letters/{id}:redeliver, /tick, /healthz and /openapi.json",
        ("unknown", "RouteNotFound"),
    )
}
