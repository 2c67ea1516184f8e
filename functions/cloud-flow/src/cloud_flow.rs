use headgate_core::reply::{
    document, healthy, not_allowed, route_not_found, store_unavailable, ticked,
};
use headgate_core::{Body, Clock, Handler, KeyValue, KeyValueError};
use http::request::Parts;
use http::{Method, Request, Response};

use crate::configuration::Configuration;
use crate::desk::Desk;
use crate::faces;
use crate::flows::Flow;
use crate::openapi;
use crate::ports::{Ports, World};
use crate::reply::unknown_flow;
use crate::run::{RECORDS, Run};

/// The function: calls flows, and waits for their answers.
pub struct CloudFlow<W: World> {
    desk: Desk<W>,
}

impl<W: World> CloudFlow<W> {
    /// Makes the function.
    #[must_use]
    pub fn new(configuration: Configuration, ports: Ports<W>) -> Self {
        Self { desk: Desk::new(configuration, ports) }
    }

    /// Drops the records of runs that nobody can ask for any more.
    async fn tick(&self) -> Response<Body> {
        match self.drop_old().await {
            Ok(()) => ticked(),
            Err(error) => {
                self.desk.warn(&format_args!("old runs are not dropped: {error}"));
                store_unavailable("tick")
            }
        }
    }

    async fn drop_old(&self) -> Result<(), KeyValueError> {
        let store = &self.desk.ports.key_value;
        let (now, retention) = (self.desk.ports.clock.now(), self.desk.configuration.retention);
        for key in store.list(RECORDS).await? {
            let Some(value) = store.get(&key).await? else { continue };
            // What a later version wrote is not for this one to judge.
            if Run::decode(&value).is_some_and(|run| run.is_old(now, retention)) {
                store.delete(&key).await?;
            }
        }
        Ok(())
    }

    /// Answers a request that may not pass.
    async fn refusal(
        &self,
        flow: Option<&Flow>,
        parts: &Parts,
        route: &'static str,
    ) -> Option<Response<Body>> {
        let desk = &self.desk;
        desk.configuration.access.refusal(flow, &desk.ports, parts, route).await
    }

    async fn answer(&self, route: Route<'_>, parts: &Parts, body: Body) -> Response<Body> {
        let desk = &self.desk;
        let flow = route.flow().and_then(|name| desk.configuration.flows.get(name));
        if let Some(response) = self.refusal(flow, parts, route.name()).await {
            return response;
        }
        match (route, &parts.method, flow) {
            (Route::Flows, &Method::GET, _) => faces::flows(desk),
            (Route::OpenApi, &Method::GET, _) => document(route.name(), openapi::DOCUMENT),
            (Route::Flow(_) | Route::Run(..), _, None) => unknown_flow(route.name()),
            (Route::Flow(_), &Method::POST, Some(flow)) => {
                Box::pin(faces::trigger(desk, flow, parts, body)).await
            }
            (Route::Run(_, id), &Method::GET, Some(flow)) => {
                Box::pin(faces::run(desk, flow, id)).await
            }
            (Route::Flow(_), ..) => not_allowed(route.name(), "POST"),
            (Route::Flows | Route::OpenApi | Route::Run(..), ..) => {
                not_allowed(route.name(), "GET")
            }
        }
    }
}

impl<W: World> Handler for CloudFlow<W> {
    async fn handle(&self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        match (&parts.method, parts.uri.path()) {
            (&Method::GET | &Method::HEAD, "/healthz") => healthy(),
            // Anybody may ask for it: it does only what is due.
            (&Method::POST, "/tick") => Box::pin(self.tick()).await,
            (_, "/healthz") => not_allowed("healthz", "GET"),
            (_, "/tick") => not_allowed("tick", "POST"),
            (_, path) => match Route::of(path) {
                None => route_not_found(SERVED),
                Some(route) => Box::pin(self.answer(route, &parts, body)).await,
            },
        }
    }
}

/// What a path asks for, of everything that follows `access`.
#[derive(Clone, Copy)]
enum Route<'p> {
    Flows,
    /// The flow's name.
    Flow(&'p str),
    /// The flow's name and the run's id.
    Run(&'p str, &'p str),
    OpenApi,
}

impl<'p> Route<'p> {
    fn of(path: &'p str) -> Option<Self> {
        let rest = match path {
            "/flows" => return Some(Self::Flows),
            "/openapi.json" => return Some(Self::OpenApi),
            _ => path.strip_prefix("/flows/")?,
        };
        let segments: Vec<&str> = rest.split('/').collect();
        match segments.as_slice() {
            [name] if !name.is_empty() => Some(Self::Flow(name)),
            [name, "runs", id] if !name.is_empty() && !id.is_empty() => Some(Self::Run(name, id)),
            _ => None,
        }
    }

    const fn flow(self) -> Option<&'p str> {
        match self {
            Self::Flow(name) | Self::Run(name, _) => Some(name),
            Self::Flows | Self::OpenApi => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Flows => "flows",
            Self::Flow(_) => "trigger",
            Self::Run(..) => "run",
            Self::OpenApi => "openapi",
        }
    }
}

/// What there is, for who asks for something else.
const SERVED: &str =
    "/flows, /flows/{name}, /flows/{name}/runs/{id}, /tick, /healthz and /openapi.json";
