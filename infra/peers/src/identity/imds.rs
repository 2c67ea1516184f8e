use std::net::SocketAddr;
use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::assigned::{Machine, Named, NotFound};
use crate::peer::{Asked, Peer, Reply, Serving};

/// The instance metadata service's token endpoint (contracts §6.1).
///
/// It refuses a request without `Metadata: true`, with `X-Forwarded-For`, with another `api-version` than `2018-02-01`
/// and later ones, with `scope`, with the parameters of another endpoint, or for a resource or an identity that it does
/// not know.
#[derive(Debug)]
pub struct Imds(Machine);

const PATH: &str = "/metadata/identity/oauth2/token";
const VERSIONS: [&str; 4] = ["2018-02-01", "2019-08-01", "2020-06-01", "2021-02-01"];
const PARAMETERS: [&str; 5] = ["api-version", "resource", "client_id", "object_id", "msi_res_id"];

impl Imds {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// As [`Serving::start`].
    pub async fn start(listen: SocketAddr, machine: Machine) -> std::io::Result<Serving> {
        Serving::start(listen, None, |_| Arc::new(Self(machine))).await.map(|(serving, _)| serving)
    }

    fn token(&self, asked: &Asked) -> Result<Value, (StatusCode, Value)> {
        let refuse = |error: &str, description: &str| {
            let body = json!({ "error": error, "error_description": description });
            Err((StatusCode::BAD_REQUEST, body))
        };
        if asked.header("metadata") != Some("true") {
            return refuse("bad_request_102", "Required metadata header not specified");
        }
        if asked.headers.contains_key("x-forwarded-for") {
            return refuse("invalid_request", "Requests with X-Forwarded-For are not served");
        }
        let query = asked.query();
        let get = |name: &str| {
            let mut values = query.iter().filter(|(known, _)| known == name);
            values.next().map(|(_, value)| value.as_str())
        };
        match get("api-version") {
            Some(version) if VERSIONS.contains(&version) => {}
            _ => {
                let body = json!({
                    "error": "Bad request. api-version was not specified or is not supported",
                    "newest-versions": VERSIONS,
                });
                return Err((StatusCode::BAD_REQUEST, body));
            }
        }
        if let Some((other, _)) =
            query.iter().find(|(name, _)| !PARAMETERS.contains(&name.as_str()))
        {
            return refuse("invalid_request", &format!("Query variable '{other}' is not known"));
        }
        let Some(resource) = get("resource").filter(|resource| !resource.is_empty()) else {
            return refuse("invalid_request", "Required query variable 'resource' is missing");
        };
        if !self.0.knows(resource) {
            return refuse(
                "invalid_resource",
                "AADSTS500011: The resource principal was not found",
            );
        }
        let named = match (get("client_id"), get("object_id"), get("msi_res_id")) {
            (None, None, None) => Named::Nothing,
            (Some(id), None, None) => Named::ClientId(id),
            (None, Some(id), None) => Named::ObjectId(id),
            (None, None, Some(id)) => Named::ResourceId(id),
            _ => return refuse("invalid_request", "Only one identity may be named"),
        };
        let identity = match self.0.find(named) {
            Ok(identity) => identity,
            Err(NotFound::Unknown) => return refuse("invalid_request", "Identity not found"),
            Err(NotFound::Several) => {
                let several = "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request";
                return refuse("invalid_request", several);
            }
        };
        let Some(minted) = self.0.mint(identity, resource) else {
            return Err((StatusCode::INTERNAL_SERVER_ERROR, json!({ "error": "unknown" })));
        };
        Ok(json!({
            "access_token": minted.token,
            "client_id": minted.identity.client_id.to_string(),
            "refresh_token": "",
            "expires_in": minted.expires_in.to_string(),
            "expires_on": minted.expires_on.to_string(),
            "not_before": minted.not_before.to_string(),
            "resource": resource,
            "token_type": "Bearer",
        }))
    }
}

impl Peer for Imds {
    fn is_watched(&self, _: &Asked) -> bool {
        true
    }

    fn answer(&self, asked: &Asked) -> Reply {
        if asked.uri.path() != PATH {
            return Reply::json(StatusCode::NOT_FOUND, &json!({ "error": "not_found" }));
        }
        if asked.method != Method::GET {
            return Reply::json(
                StatusCode::METHOD_NOT_ALLOWED,
                &json!({ "error": "method_not_allowed" }),
            );
        }
        match self.token(asked) {
            Ok(body) => Reply::json(StatusCode::OK, &body),
            Err((status, body)) => Reply::json(status, &body),
        }
    }
}
