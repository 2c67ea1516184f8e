use std::sync::Arc;

use headgate_core::reply::{
    document, healthy, invalid, not_allowed, route_not_found, store_unavailable, ticked,
};
use headgate_core::{Body, Handler};
use http::request::Parts;
use http::{Method, Request, Response};
use percent_encoding::percent_decode_str;

use crate::configuration::Configuration;
use crate::faces;
use crate::name::{LONGEST_NAME, Name};
use crate::openapi;
use crate::tokens::Tokens;
use crate::{Ports, World};

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
        ticked()
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
            (Route::OpenApi, &Method::GET) => document(route.name(), openapi::DOCUMENT),
            (Route::Outbox(path), method) => match tokens.outbox.answer(method, path).await {
                Some(response) => response,
                None => route_not_found(SERVED),
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
            (&Method::GET | &Method::HEAD, "/healthz") => healthy(),
            // Boxed here and below: inline, the future of a request would nest deeper than the compiler follows.
            (&Method::POST, "/tick") => Box::pin(self.tick()).await,
            (_, "/healthz") => not_allowed("healthz", "GET"),
            (_, "/tick") => not_allowed("tick", "POST"),
            (method, path) => match Route::of(path) {
                None => route_not_found(SERVED),
                Some(route) => match self.refusal(&parts, route.name()).await {
                    None => Box::pin(self.answer(route, method, body)).await,
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

/// What there is, for who asks for something else.
const SERVED: &str = "/tokens, /tokens/{id}, /attempts, /outbox, /dead-letters, /dead-letters/{id}:redeliver, \
         /tick, /healthz and /openapi.json";
