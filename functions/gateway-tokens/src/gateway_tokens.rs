use std::sync::Arc;

use headgate_core::{Body, Handler};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use percent_encoding::percent_decode_str;

use crate::configuration::Configuration;
use crate::faces;
use crate::name::{LONGEST_NAME, Name};
use crate::openapi;
use crate::ports::{Ports, World};
use crate::reply::{invalid, not_allowed, problem, store_unavailable, with_outcome};
use crate::tokens::Tokens;

/// The function: knows when gateways' tokens expire, and tells everybody.
pub struct GatewayTokens<W: World> {
    tokens: Arc<Tokens<W>>,
}

impl<W: World> GatewayTokens<W> {
    /// Makes the function.
    #[must_use]
    pub fn new(configuration: Configuration, ports: Ports<W>) -> Self {
        Self { tokens: Arc::new(Tokens::new(configuration, ports)) }
    }

    async fn tick(&self) -> Response<Body> {
        // It does only what is due: anybody may ask for it.
        if self.tokens.tick().await.is_err() {
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
        let tokens = &self.tokens;
        tokens.configuration.access.refusal(&tokens.ports, parts, route).await
    }

    async fn answer(&self, route: Route<'_>, method: &Method, body: Body) -> Response<Body> {
        let tokens = &self.tokens;
        match (route, method) {
            (Route::Tokens, &Method::GET) => faces::all_tokens(tokens).await,
            (Route::Token(id), &Method::GET | &Method::PUT | &Method::DELETE) => {
                let Some(id) = token_id(id) else {
                    let detail = format!(
                        "the id in the path must be 1 to {LONGEST_NAME} bytes of UTF-8 without control characters"
                    );
                    return invalid(route.name(), detail);
                };
                match *method {
                    Method::PUT => faces::register(tokens, id, body).await,
                    Method::DELETE => faces::delete(tokens, &id).await,
                    _ => faces::tokens_of(tokens, &id).await,
                }
            }
            (Route::Attempts, &Method::POST) => faces::attempts(tokens, body).await,
            (Route::OpenApi, &Method::GET) => with_outcome(openapi::response(), "openapi", "ok"),
            (Route::Outbox(path), method) => match tokens.outbox.answer(method, path).await {
                Some(response) => response,
                None => not_found(),
            },
            (Route::Attempts, _) => not_allowed(route.name(), "POST"),
            (Route::Token(_), _) => not_allowed(route.name(), "DELETE, GET, PUT"),
            (Route::Tokens | Route::OpenApi, _) => not_allowed(route.name(), "GET"),
        }
    }
}

impl<W: World> Handler for GatewayTokens<W> {
    async fn handle(&self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        match (&parts.method, parts.uri.path()) {
            (&Method::GET | &Method::HEAD, "/healthz") => {
                with_outcome(Response::new(Body::from("ok\n")), "healthz", "ok")
            }
            (&Method::POST, "/tick") => self.tick().await,
            (_, "/healthz") => not_allowed("healthz", "GET"),
            (_, "/tick") => not_allowed("tick", "POST"),
            (method, path) => match Route::of(path) {
                None => not_found(),
                Some(route) => match self.refusal(&parts, route.name()).await {
                    None => self.answer(route, method, body).await,
                    Some(response) => response,
                },
            },
        }
    }
}

fn token_id(segment: &str) -> Option<Name> {
    Name::parse(&percent_decode_str(segment).decode_utf8().ok()?)
}

/// What a path asks for, of everything that follows `access`.
#[derive(Clone, Copy)]
enum Route<'p> {
    Tokens,
    /// The id as it is in the path.
    Token(&'p str),
    Attempts,
    /// The whole path.
    Outbox(&'p str),
    OpenApi,
}

impl<'p> Route<'p> {
    fn of(path: &'p str) -> Option<Self> {
        Some(match path {
            "/tokens" => Self::Tokens,
            "/attempts" => Self::Attempts,
            "/openapi.json" => Self::OpenApi,
            "/outbox" | "/dead-letters" => Self::Outbox(path),
            _ if path.starts_with("/dead-letters/") => Self::Outbox(path),
            _ => {
                let id = path.strip_prefix("/tokens/")?;
                return (!id.is_empty() && !id.contains('/')).then_some(Self::Token(id));
            }
        })
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::Token(_) => "token",
            Self::Attempts => "attempts",
            Self::Outbox(_) => "outbox",
            Self::OpenApi => "openapi",
        }
    }
}

fn not_found() -> Response<Body> {
    problem(
        StatusCode::NOT_FOUND,
        "there is no such route",
        "this function serves /tokens, /tokens/{id}, /attempts, /outbox, /dead-letters, /dead-letters/{id}:redeliver, \
         /tick, /healthz and /openapi.json",
        ("unknown", "RouteNotFound"),
    )
}
