use std::sync::Arc;

use bytes::Bytes;
use headgate_core::{Body, Handler, Outcome, Problem};
use http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HOST, PRAGMA, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::authority::{self, Authority};
use super::fault::Levers;
use super::grant::{Asked, Granted, decide};
use super::jwt::SignError;
use super::key_set::key_set;
use super::listen::is_loopback_host;
use super::metadata::metadata;
use super::registry::TenantPath;
use super::route::Route;
use super::running::Rotation;
use super::token_error::TokenError;
use super::{Algorithm, Guid, TokenVersion};

/// The header that marks a request as the developer's own. No web page can send it to another origin unasked.
pub(super) const DEVELOPMENT_HEADER: &str = "headgate-dev";

/// The longest form that is read, in bytes.
const MOST_FORM: usize = 64 * 1024;

/// The issuer as a function of a request.
#[derive(Debug)]
pub(super) struct IssuerHandler {
    pub(super) authority: Arc<Authority>,
    pub(super) levers: Arc<Levers>,
}

impl Handler for IssuerHandler {
    async fn handle(&self, request: Request<Body>) -> Response<Body> {
        if !is_for_loopback(&request) {
            return self.refuse_host();
        }
        let path = request.uri().path().to_owned();
        let Some(route) = Route::of(&path) else {
            let problem = Problem::new(StatusCode::NOT_FOUND, "no such route");
            return finish(problem.into_response(), "unknown", "NotFound");
        };
        let fault = match route.endpoint() {
            Some(endpoint) => self.levers.arrive(endpoint).await,
            None => None,
        };
        let (response, result) = self.answer(route, request).await;
        let response = match fault {
            None => response,
            Some(fault) => {
                // What the issuer says is at hand and short.
                let whole = response.into_body().read(usize::MAX).await.unwrap_or_default();
                fault.spoil(whole)
            }
        };
        finish(response, route.name(), result)
    }
}

impl IssuerHandler {
    async fn answer(
        &self,
        route: Route<'_>,
        request: Request<Body>,
    ) -> (Response<Body>, &'static str) {
        match route {
            Route::Metadata { tenant, version } => {
                self.document(tenant, request.method(), |path| {
                    metadata(&self.authority.base_url, path, version)
                })
            }
            Route::Keys { tenant, version } => self.document(tenant, request.method(), |path| {
                key_set(&self.authority.ring(), &self.authority.base_url, path, version)
            }),
            Route::Token { tenant, version } => self.token(tenant, version, request).await,
            Route::Rotate => self.rotate(request).await,
            Route::Health => match *request.method() {
                Method::GET | Method::HEAD => (json_response(&json!({ "status": "ok" })), "ok"),
                _ => not_allowed("GET"),
            },
        }
    }

    fn document(
        &self,
        tenant: &str,
        method: &Method,
        make: impl FnOnce(TenantPath) -> Value,
    ) -> (Response<Body>, &'static str) {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return not_allowed("GET");
        }
        match self.authority.registry.tenant_path(tenant) {
            Some(path) => (json_response(&make(path)), "ok"),
            None => self.refusal(
                &TokenError::TenantUnknown { tenant: tenant.to_owned() },
                &HeaderMap::new(),
            ),
        }
    }

    async fn token(
        &self,
        tenant: &str,
        endpoint: TokenVersion,
        request: Request<Body>,
    ) -> (Response<Body>, &'static str) {
        let (head, body) = request.into_parts();
        let judged = if head.method == Method::POST {
            match body.read(MOST_FORM).await {
                Ok(body) => self.grant(tenant, endpoint, &head.headers, &body),
                Err(_) => Err(TokenError::Malformed),
            }
        } else {
            Err(TokenError::MethodNotPost { method: head.method.to_string() })
        };
        match judged {
            Ok(answer) => (json_response(&answer), "ok"),
            Err(error) => self.refusal(&error, &head.headers),
        }
    }

    /// Gives the answer with the token (contracts §5.4). v1's numbers are texts, as Entra's are.
    fn grant(
        &self,
        tenant: &str,
        endpoint: TokenVersion,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Value, TokenError> {
        let asked = Asked {
            tenant,
            endpoint,
            content_type: text(headers, CONTENT_TYPE.as_str()),
            authorization: text(headers, AUTHORIZATION.as_str()),
            development: is_development(headers),
            body,
        };
        let Granted { spec, resource } = decide(&self.authority.registry, &asked)?;
        let issued = self.authority.issue(&spec).map_err(|error| match error {
            SignError::NoKey(algorithm) | SignError::KeyUnsuited(algorithm) => {
                TokenError::AlgorithmNotConfigured { algorithm }
            }
            SignError::KeyUnknown => TokenError::Malformed,
        })?;
        let moment = |name: &str| issued.claims.get(name).and_then(Value::as_i64).unwrap_or(0);
        let now = i64::try_from(self.authority.clock.now().as_secs()).unwrap_or(i64::MAX);
        // One less than what is left, as Entra counts.
        let expires_in = (moment("exp") - now - 1).max(0);
        Ok(match endpoint {
            TokenVersion::V2 => json!({
                "token_type": "Bearer",
                "expires_in": expires_in,
                "ext_expires_in": expires_in,
                "access_token": issued.token,
            }),
            TokenVersion::V1 => json!({
                "token_type": "Bearer",
                "expires_in": expires_in.to_string(),
                "ext_expires_in": expires_in.to_string(),
                "expires_on": moment("exp").to_string(),
                "not_before": moment("nbf").to_string(),
                "resource": resource,
                "access_token": issued.token,
            }),
        })
    }

    async fn rotate(&self, request: Request<Body>) -> (Response<Body>, &'static str) {
        if *request.method() != Method::POST {
            return not_allowed("POST");
        }
        if !is_development(request.headers()) {
            let problem = Problem::new(StatusCode::FORBIDDEN, "this route is the developer's")
                .detail("send the header Headgate-Dev: 1, which no web page can send unasked");
            return (problem.into_response(), "DevelopmentUnmarked");
        }
        let rotation = match request.uri().query() {
            None | Some("withdraw=false") => Rotation::KeepOld,
            Some("withdraw=true") => Rotation::WithdrawOld,
            Some(_) => {
                let problem = Problem::new(StatusCode::BAD_REQUEST, "query is not known")
                    .detail("the one parameter is withdraw=true");
                return (problem.into_response(), "QueryUnknown");
            }
        };
        let authority = Arc::clone(&self.authority);
        let rotated =
            tokio::task::spawn_blocking(move || authority.rotate(Algorithm::RS256, rotation));
        match rotated.await {
            Ok(Ok(kid)) => {
                let ring = self.authority.ring();
                let published: Vec<&str> = ring.keys().iter().map(|key| key.kid()).collect();
                (json_response(&json!({ "kid": kid, "published": published })), "ok")
            }
            Ok(Err(_)) | Err(_) => {
                let problem =
                    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "key cannot be made or kept")
                        .detail("look at the state directory");
                (problem.into_response(), "KeyNotKept")
            }
        }
    }

    fn refusal(&self, error: &TokenError, headers: &HeaderMap) -> (Response<Body>, &'static str) {
        let random = &*self.authority.random;
        let correlation = text(headers, "client-request-id")
            .and_then(|id| id.parse().ok())
            .unwrap_or_else(|| Guid::random(random))
            .to_string();
        let body = error.to_json(self.authority.clock.now(), Guid::random(random), &correlation);
        let refusal = error.refusal();
        let mut response = json_response(&body);
        *response.status_mut() = refusal.status;
        (response, refusal.name)
    }

    fn refuse_host(&self) -> Response<Body> {
        let problem = Problem::new(StatusCode::MISDIRECTED_REQUEST, "host is not loopback")
            .detail(format!("this issuer is {}", self.authority.base_url));
        finish(problem.into_response(), "unknown", "HostNotLoopback")
    }
}

fn is_for_loopback(request: &Request<Body>) -> bool {
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    let host = text(request.headers(), HOST.as_str());
    let several = request.headers().get_all(HOST).iter().count() > 1;
    !several && authority.or(host).is_some_and(is_loopback_host)
}

fn is_development(headers: &HeaderMap) -> bool {
    text(headers, DEVELOPMENT_HEADER) == Some("1")
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn not_allowed(allowed: &'static str) -> (Response<Body>, &'static str) {
    let mut response =
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method is not allowed").into_response();
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    (response, "MethodNotAllowed")
}

fn json_response(value: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(authority::json(value)));
    let content_type = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// Puts what every answer has. Nothing is to be cached on the way: a token must not be, and the keys' freshness is the
/// validator's own business.
fn finish(
    mut response: Response<Body>,
    route: &'static str,
    result: &'static str,
) -> Response<Body> {
    response.extensions_mut().insert(Outcome { route, result });
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
