use headgate_core::reply::{document, healthy, not_allowed, route_not_found, ticked};
use headgate_core::{Body, Handler};
use http::request::Parts;
use http::{Method, Request, Response};

use crate::configuration::Configuration;
use crate::faces;
use crate::openapi;
use crate::ports::{Ports, World};
use crate::refusal::Refusal;
use crate::robots::Robots;

/// The function: starts robots, and follows each to its end.
pub struct DesktopFlow<W: World> {
    robots: Robots<W>,
}

impl<W: World> DesktopFlow<W> {
    /// Makes the function.
    #[must_use]
    pub fn new(configuration: Configuration, ports: Ports<W>) -> Self {
        Self { robots: Robots::new(configuration, ports) }
    }

    /// Answers a request that may not pass.
    async fn refusal(&self, parts: &Parts, route: &'static str) -> Option<Response<Body>> {
        let robots = &self.robots;
        robots.configuration.access.refusal(&robots.ports, parts, route).await
    }

    /// Answers a route. The futures are in boxes: inline they would nest deeper than the compiler follows.
    async fn answer(
        &self,
        route: Route<'_>,
        parts: &Parts,
        body: Body,
    ) -> Result<Response<Body>, Refusal> {
        let robots = &self.robots;
        match (route, &parts.method) {
            (Route::Runs, &Method::POST) => Box::pin(faces::run(robots, parts, body)).await,
            (Route::Runs, &Method::GET) => Box::pin(faces::all_runs(robots, parts)).await,
            (Route::Run(id), &Method::GET) => Box::pin(faces::one_run(robots, id)).await,
            (Route::Cancel(id), &Method::POST) => Box::pin(faces::cancel(robots, id)).await,
            (Route::Flows, &Method::GET) => Box::pin(faces::all_flows(robots, parts)).await,
            (Route::Flow(id), &Method::GET) => Box::pin(faces::one_flow(robots, id)).await,
            (Route::Completion(token), &Method::POST) => {
                Box::pin(faces::complete(robots, token, body)).await
            }
            (Route::Connections, &Method::GET) => Box::pin(faces::all_connections(robots)).await,
            (Route::Connection(id), &Method::GET) => {
                Box::pin(faces::one_connection(robots, id)).await
            }
            (Route::Connection(id), &Method::PUT) => {
                Box::pin(faces::put_connection(robots, id, body)).await
            }
            (Route::Connection(id), &Method::DELETE) => {
                Box::pin(faces::delete_connection(robots, id)).await
            }
            (Route::OpenApi, &Method::GET) => Ok(document(route.name(), openapi::DOCUMENT)),
            (Route::Outbox(path), method) => {
                let answer = Box::pin(robots.outbox.answer(method, path)).await;
                Ok(answer.unwrap_or_else(|| route_not_found(SERVED)))
            }
            (Route::Runs, _) => Ok(not_allowed(route.name(), "GET, POST")),
            (Route::Cancel(_) | Route::Completion(_), _) => Ok(not_allowed(route.name(), "POST")),
            (Route::Connection(_), _) => Ok(not_allowed(route.name(), "DELETE, GET, PUT")),
            (
                Route::Run(_) | Route::Flows | Route::Flow(_) | Route::Connections | Route::OpenApi,
                _,
            ) => Ok(not_allowed(route.name(), "GET")),
        }
    }
}

impl<W: World> Handler for DesktopFlow<W> {
    async fn handle(&self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let uri = parts.uri.clone();
        match (&parts.method, uri.path()) {
            (&Method::GET | &Method::HEAD, "/healthz") => healthy(),
            (&Method::POST, "/tick") => {
                // It does only what is due: anybody may ask for it.
                Box::pin(self.robots.tick()).await;
                ticked()
            }
            (_, "/healthz") => not_allowed("healthz", "GET"),
            (_, "/tick") => not_allowed("tick", "POST"),
            (_, path) => {
                let Some(route) = Route::of(path) else { return route_not_found(SERVED) };
                // Dataverse shows nobody who it is: the address alone says that it may call back.
                let is_open = matches!(route, Route::Completion(_));
                if !is_open && let Some(response) = self.refusal(&parts, route.name()).await {
                    return response;
                }
                match self.answer(route, &parts, body).await {
                    Ok(response) => response,
                    Err(refusal) => {
                        if let Refusal::Store(error) = &refusal {
                            self.robots
                                .warn(&format_args!("{} is not answered: {error}", route.name()));
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
    Runs,
    Run(&'p str),
    Cancel(&'p str),
    Flows,
    Flow(&'p str),
    Completion(&'p str),
    Connections,
    Connection(&'p str),
    /// The whole path.
    Outbox(&'p str),
    OpenApi,
}

impl<'p> Route<'p> {
    fn of(path: &'p str) -> Option<Self> {
        let below = |folder: &str| {
            path.strip_prefix(folder).filter(|rest| !rest.is_empty() && !rest.contains('/'))
        };
        Some(match path {
            "/runs" => Self::Runs,
            "/flows" => Self::Flows,
            "/connections" => Self::Connections,
            "/openapi.json" => Self::OpenApi,
            "/outbox" | "/dead-letters" => Self::Outbox(path),
            _ if path.starts_with("/dead-letters/") => Self::Outbox(path),
            _ => {
                if let Some(id) = below("/runs/") {
                    match id.split_once(':') {
                        None => Self::Run(id),
                        Some((id, "cancel")) => Self::Cancel(id),
                        Some(_) => return None,
                    }
                } else if let Some(id) = below("/flows/") {
                    Self::Flow(id)
                } else if let Some(token) = below("/completions/") {
                    Self::Completion(token)
                } else {
                    Self::Connection(below("/connections/")?)
                }
            }
        })
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Run(_) => "run",
            Self::Cancel(_) => "cancel",
            Self::Flows => "flows",
            Self::Flow(_) => "flow",
            Self::Completion(_) => "completion",
            Self::Connections => "connections",
            Self::Connection(_) => "connection",
            Self::Outbox(_) => "outbox",
            Self::OpenApi => "openapi",
        }
    }
}

/// What there is, for who asks for something else.
const SERVED: &str = "/runs, /runs/{id}, /runs/{id}:cancel, /flows, /flows/{id}, /completions/{token}, /connections, \
         /connections/{id}, /outbox, /dead-letters, /dead-letters/{id}:redeliver, /tick, /healthz and /openapi.json";
