use std::sync::Arc;

use headgate_core::reply::{document, healthy, not_allowed, route_not_found};
use headgate_core::{Body, Diagnostics, Handler, Severity};
use headgate_entra::Identities;
use headgate_world::OwnPorts;
use http::request::Parts;
use http::{Method, Request, Response};

use crate::configuration::Configuration;
use crate::ports::{Ports, World};
use crate::upstreams::{Upstream, Upstreams};
use crate::{faces, openapi};

/// The function: calls upstreams with tokens of its own.
pub struct EntraHttp<W: World> {
    shared: Arc<Shared<W>>,
    access: headgate_jwt::Access,
}

/// What every face needs.
pub(crate) struct Shared<W: World> {
    pub(crate) upstreams: Upstreams,
    pub(crate) public_url: Option<String>,
    pub(crate) identities: Identities<W>,
    pub(crate) ports: OwnPorts<W>,
    public_http: W::Http,
}

impl<W: World> Shared<W> {
    /// The client that may call this upstream.
    pub(crate) const fn client(&self, upstream: &Upstream) -> &W::Http {
        if upstream.private_network { &self.ports.http } else { &self.public_http }
    }

    pub(crate) fn report(&self, severity: Severity, message: &dyn std::fmt::Display) {
        self.ports.diagnostics.report(severity, message);
    }
}

impl<W: World> EntraHttp<W> {
    /// Makes the function.
    #[must_use]
    pub fn new(configuration: Configuration, ports: Ports<W>) -> Self {
        let Configuration { upstreams, credentials, sealing, access, public_url } = configuration;
        let Ports { acting, public_http } = ports;
        let ports = OwnPorts::beside(&acting);
        let identities = Identities::new(credentials, sealing, acting);
        let shared = Shared { upstreams, public_url, identities, ports, public_http };
        Self { shared: Arc::new(shared), access }
    }

    async fn answer(&self, route: Route<'_>, parts: Parts, body: Body) -> Response<Body> {
        let shared = &self.shared;
        match (route, parts.method.clone()) {
            (Route::Upstream { name, path }, _) => {
                Box::pin(faces::forward(shared, parts, body, name, path)).await
            }
            (Route::Consent(name), Method::GET) => faces::ask_consent(shared, &parts, name),
            (Route::Consent(name), Method::POST) => {
                Box::pin(faces::begin_consent(shared, &parts, name)).await
            }
            (Route::Consent(name), Method::DELETE) => {
                Box::pin(faces::withdraw_consent(shared, &parts, name)).await
            }
            (Route::Consent(_), _) => not_allowed(route.name(), "DELETE, GET, POST"),
            (Route::OpenApi, Method::GET) => document(route.name(), openapi::DOCUMENT),
            (Route::OpenApi, _) => not_allowed(route.name(), "GET"),
        }
    }
}

impl<W: World> Handler for EntraHttp<W> {
    async fn handle(&self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        // A clone of an address shares its text.
        let uri = parts.uri.clone();
        match (&parts.method, uri.path()) {
            (&Method::GET | &Method::HEAD, "/healthz") => healthy(),
            (_, "/healthz") => not_allowed("healthz", "GET"),
            // A browser comes back without a token: the state in its cookie says that it was here before.
            (&Method::GET, "/consent/callback") => {
                Box::pin(faces::complete_consent(&self.shared, &parts)).await
            }
            (_, "/consent/callback") => not_allowed("consent", "GET"),
            (_, path) => match Route::of(path) {
                None => route_not_found(SERVED),
                Some(route) => {
                    match self.access.refusal(&self.shared.ports, &parts, route.name()).await {
                        Some(response) => response,
                        None => self.answer(route, parts, body).await,
                    }
                }
            },
        }
    }
}

/// What a path asks for, of everything that follows `access`.
#[derive(Clone, Copy)]
enum Route<'p> {
    /// What follows the name is empty, or begins with a slash.
    Upstream {
        name: &'p str,
        path: &'p str,
    },
    Consent(&'p str),
    OpenApi,
}

impl<'p> Route<'p> {
    fn of(path: &'p str) -> Option<Self> {
        if path == "/openapi.json" {
            return Some(Self::OpenApi);
        }
        if let Some(name) = path.strip_prefix("/consent/") {
            return Some(Self::Consent(name));
        }
        let rest = path.strip_prefix('/').filter(|rest| !rest.is_empty())?;
        let (name, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        Some(Self::Upstream { name, path })
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Upstream { .. } => faces::FORWARD,
            Self::Consent(_) => faces::CONSENT,
            Self::OpenApi => "openapi",
        }
    }
}

/// What there is, for who asks for something else.
const SERVED: &str = "/{upstream}/{path}, /{upstream}/codeless/InvokeHttp, /consent/{upstream}, /consent/callback, /healthz and \
         /openapi.json";
