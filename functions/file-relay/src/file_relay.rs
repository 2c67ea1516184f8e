use std::sync::Arc;
use std::time::Duration;

use headgate_core::reply::{document, healthy, not_allowed, route_not_found, ticked};
use headgate_core::{Background, Body, Handler};
use headgate_entra::Environment;
use headgate_world::OwnPorts;
use http::request::Parts;
use http::{Method, Request, Response};

use crate::configuration::Configuration;
use crate::ports::{Ports, Reach, World};
use crate::refusal::Refusal;
use crate::relay::{Relays, Rules};
use crate::{faces, openapi};

/// How long a piece of work may take where nothing says that it goes on after the answer: a minute less than AWS Lambda's most.
const SHORT: Duration = Duration::from_secs(840);

/// What AWS Lambda sets for a function.
const LAMBDA: &str = "AWS_LAMBDA_RUNTIME_API";

/// How long a chunk may be there, in bytes: AWS Lambda takes 6 MB, in base64 and with the headers.
const SMALL: u64 = 4_500_000;

/// The function: carries files.
pub struct FileRelay<W: World> {
    shared: Shared<W>,
}

/// What every face needs.
pub(crate) struct Shared<W: World> {
    pub(crate) relays: Arc<Relays<W>>,
    pub(crate) public_url: Option<String>,
    /// How long a chunk may be, where something limits that.
    pub(crate) chunk_bytes: Option<u64>,
    access: headgate_jwt::Access,
}

impl<W: World> FileRelay<W> {
    /// Makes the function.
    #[must_use]
    pub fn new(configuration: Configuration<W::HostPlace>, ports: Ports<W>) -> Self {
        let Configuration {
            places,
            mut identities,
            sinks,
            source,
            access,
            public_url,
            parallel,
            time_limit,
            stall_timeout,
            chunk_bytes,
            retention,
        } = configuration;
        let Ports { acting, public_http, outlets, background } = ports;
        let is_lambda = acting.environment.get(LAMBDA).is_some();
        let ports = OwnPorts::beside(&acting);
        let reach = Arc::new(Reach {
            http: ports.http.clone(),
            public_http,
            clock: ports.clock.clone(),
            identities: identities.take(acting),
            patience: stall_timeout,
        });
        let places = places.open(&reach);
        let is_short = !background.outlives_the_answer();
        let time_limit = time_limit.or_else(|| is_short.then_some(SHORT));
        let chunk_bytes = chunk_bytes.or_else(|| is_lambda.then_some(SMALL));
        let rules = Rules { parallel, time_limit, retention, source };
        let relays =
            Arc::new(Relays::new(rules, places, ports, background, (sinks, reach, outlets)));
        Self { shared: Shared { relays, public_url, chunk_bytes, access } }
    }

    /// Answers a route. The futures are in boxes: inline they would nest deeper than the compiler follows.
    async fn answer(
        &self,
        route: Route<'_>,
        parts: &Parts,
        body: Body,
    ) -> Result<Response<Body>, Refusal> {
        let shared = &self.shared;
        let relays = &shared.relays;
        match (route, &parts.method) {
            (Route::Relays, &Method::POST) => Box::pin(faces::relay(shared, parts, body)).await,
            (Route::Relays, &Method::GET) => Box::pin(faces::all_relays(relays, parts)).await,
            (Route::Relay(id), &Method::GET) => Box::pin(faces::one_relay(relays, id)).await,
            (Route::Events(id), &Method::GET) => Box::pin(faces::events(relays, id)).await,
            (Route::Cancel(id), &Method::POST) => Box::pin(faces::cancel(relays, id)).await,
            (Route::Resume(id), &Method::POST) => Box::pin(faces::resume(relays, id)).await,
            (Route::To(path), &Method::PUT | &Method::POST) => {
                Box::pin(faces::push(shared, parts, body, path)).await
            }
            (Route::Upload(token), &Method::PATCH) => {
                Box::pin(faces::patch(shared, parts, body, token)).await
            }
            (Route::From(path), &Method::GET | &Method::HEAD) => {
                Box::pin(faces::serve(relays, parts, path)).await
            }
            (Route::Places, &Method::GET) => faces::all_places(relays),
            (Route::OpenApi, &Method::GET) => Ok(document(route.name(), openapi::DOCUMENT)),
            (Route::Outbox(path), method) => {
                let answer = Box::pin(relays.outbox.answer(method, path)).await;
                Ok(answer.unwrap_or_else(|| route_not_found(SERVED)))
            }
            (Route::Relays, _) => Ok(not_allowed(route.name(), "GET, POST")),
            (Route::Cancel(_) | Route::Resume(_), _) => Ok(not_allowed(route.name(), "POST")),
            (Route::To(_), _) => Ok(not_allowed(route.name(), "POST, PUT")),
            (Route::Upload(_), _) => Ok(not_allowed(route.name(), "PATCH")),
            (Route::From(_), _) => Ok(not_allowed(route.name(), "GET, HEAD")),
            (Route::Relay(_) | Route::Events(_) | Route::Places | Route::OpenApi, _) => {
                Ok(not_allowed(route.name(), "GET"))
            }
        }
    }
}

impl<W: World> Handler for FileRelay<W> {
    async fn handle(&self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let uri = parts.uri.clone();
        let Shared { relays, access, .. } = &self.shared;
        match (&parts.method, uri.path()) {
            (&Method::GET | &Method::HEAD, "/healthz") => healthy(),
            (&Method::POST, "/tick") => {
                // It does only what is due: anybody may ask for it.
                Box::pin(relays.tick()).await;
                ticked()
            }
            (_, "/healthz") => not_allowed("healthz", "GET"),
            (_, "/tick") => not_allowed("tick", "POST"),
            (_, path) => {
                let Some(route) = Route::of(path) else { return route_not_found(SERVED) };
                let refusal = access.refusal(&relays.ports, &parts, route.name()).await;
                if let Some(response) = refusal {
                    return response;
                }
                match self.answer(route, &parts, body).await {
                    Ok(response) => response,
                    Err(refusal) => {
                        if let Refusal::Store(error) = &refusal {
                            relays.warn(&format_args!("{} is not answered: {error}", route.name()));
                        }
                        refusal.into_response(route.name())
                    }
                }
            }
        }
    }
}

/// What a path asks for.
#[derive(Clone, Copy)]
enum Route<'p> {
    Relays,
    Relay(&'p str),
    Events(&'p str),
    Cancel(&'p str),
    Resume(&'p str),
    /// A place and a path.
    To(&'p str),
    From(&'p str),
    Upload(&'p str),
    Places,
    /// The whole path.
    Outbox(&'p str),
    OpenApi,
}

impl<'p> Route<'p> {
    fn of(path: &'p str) -> Option<Self> {
        Some(match path {
            "/relays" => Self::Relays,
            "/places" => Self::Places,
            "/openapi.json" => Self::OpenApi,
            "/outbox" | "/dead-letters" => Self::Outbox(path),
            _ if path.starts_with("/dead-letters/") => Self::Outbox(path),
            _ => {
                if let Some(path) = path.strip_prefix("/to/") {
                    return Some(Self::To(path));
                }
                if let Some(path) = path.strip_prefix("/from/") {
                    return Some(Self::From(path));
                }
                if let Some(token) = path.strip_prefix("/uploads/") {
                    return Some(Self::Upload(token));
                }
                let id = path.strip_prefix("/relays/")?;
                match (id.split_once(':'), id.split_once('/')) {
                    (Some((id, "cancel")), None) => Self::Cancel(id),
                    (Some((id, "resume")), None) => Self::Resume(id),
                    (None, Some((id, "events"))) => Self::Events(id),
                    (None, None) if !id.is_empty() => Self::Relay(id),
                    _ => return None,
                }
            }
        })
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Relays => "relays",
            Self::Relay(_) => "relay",
            Self::Events(_) => "events",
            Self::Cancel(_) => "cancel",
            Self::Resume(_) => "resume",
            Self::To(_) => "to",
            Self::From(_) => "from",
            Self::Upload(_) => "upload",
            Self::Places => "places",
            Self::Outbox(_) => "outbox",
            Self::OpenApi => "openapi",
        }
    }
}

/// What there is, for who asks for something else.
const SERVED: &str = "/relays, /relays/{id}, /relays/{id}/events, /relays/{id}:cancel, /relays/{id}:resume, \
         /to/{place}/{path}, /uploads/{token}, /from/{place}/{path}, /places, /outbox, /dead-letters, \
         /dead-letters/{id}:redeliver, /tick, /healthz and /openapi.json";
