//! The Power Platform's connections API for desktop flows (contracts §2).
//!
//! It refuses a token for somebody else, the segment `apis`, another `api-version`, a connection's id that is none, an
//! environment that is another one, a member or a parameter set that it does not know, values that a set or a credential does not
//! have, a target that is no machine group, and the removal of a run owner. A connection whose password is wrong is made all the same, answered 201, and says so in its status, as
//! the real service does.

mod put;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use headgate_core::Clock;
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::bearer::Bearers;
use crate::issuer::Guid;
use crate::peer::{Asked, Peer, Reply, Serving};

/// The connections API of one environment.
pub struct ConnectionsConfig {
    /// Where to listen: loopback alone.
    pub listen: SocketAddr,
    /// Whose tokens are taken.
    pub bearers: Bearers,
    /// The tokens' audience, as `https://api.powerplatform.com`.
    pub audience: String,
    /// The environment's id.
    pub environment: String,
    /// The machine groups that there are.
    pub machine_groups: Vec<Guid>,
    /// The password with which a connection works.
    pub password: String,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The API as a function of a request.
pub struct ConnectionsApi {
    config: ConnectionsConfig,
    connections: Mutex<BTreeMap<String, Value>>,
}

impl std::fmt::Debug for ConnectionsApi {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ConnectionsApi").finish_non_exhaustive()
    }
}

/// A running [`ConnectionsApi`]. It stops when this is dropped.
#[derive(Debug)]
pub struct ConnectionsRunning {
    serving: Serving,
    api: Arc<ConnectionsApi>,
}

const ROOT: &str = "/connectivity/connectors/shared_uiflow/connections/";

impl ConnectionsApi {
    /// Makes the API.
    #[must_use]
    pub const fn new(config: ConnectionsConfig) -> Self {
        Self { config, connections: Mutex::new(BTreeMap::new()) }
    }

    /// Serves it on the tokio runtime that this is called on.
    ///
    /// # Errors
    ///
    /// As [`Serving::start`].
    pub async fn start(config: ConnectionsConfig) -> io::Result<ConnectionsRunning> {
        let listen = config.listen;
        let (serving, api) = Serving::start(listen, None, |_| Arc::new(Self::new(config))).await?;
        Ok(ConnectionsRunning { serving, api })
    }

    /// What was put, by id: the properties as they came, secrets included.
    #[must_use]
    pub fn connections(&self) -> BTreeMap<String, Value> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn respond(&self, asked: &Asked) -> Result<Reply, Refused> {
        let now = self.config.clock.now();
        if !self.config.bearers.admit(asked, &self.config.audience, now) {
            return Err(refused(
                401,
                "InvalidToken",
                "The token is missing, expired, or for somebody else.",
            ));
        }
        let id = asked.uri.path().strip_prefix(ROOT).and_then(|id| id.parse::<Guid>().ok());
        let Some(id) = id else {
            return Err(refused(404, "ConnectionNotFound", "The path is none of a connection."));
        };
        if asked.query() != [("api-version".to_owned(), "1".to_owned())] {
            return Err(refused(400, "InvalidApiVersion", "api-version must be 1."));
        }
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        match asked.method {
            Method::PUT => {
                let properties = put::judged(&self.config, asked)?;
                let known = connections.get(&id.to_string());
                if known.is_some_and(put::has_run_owner) && !put::has_run_owner(&properties) {
                    return Err(wrapped("InvalidConnection", "A run owner cannot be removed."));
                }
                let is_new = connections.insert(id.to_string(), properties.clone()).is_none();
                let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
                Ok(Reply::json(status, &self.shown(id, &properties)))
            }
            Method::GET => match connections.get(&id.to_string()) {
                Some(properties) => Ok(Reply::json(StatusCode::OK, &self.shown(id, properties))),
                None => Err(refused(404, "ConnectionNotFound", "There is no such connection.")),
            },
            Method::DELETE => match connections.remove(&id.to_string()) {
                Some(_) => Ok(Reply::empty(StatusCode::NO_CONTENT)),
                None => Err(refused(404, "ConnectionNotFound", "There is no such connection.")),
            },
            _ => Err(refused(405, "MethodNotAllowed", "Use PUT, GET or DELETE.")),
        }
    }

    fn shown(&self, id: Guid, properties: &Value) -> Value {
        let mut shown = Map::new();
        if let Some(name) = properties.get("displayName") {
            shown.insert("displayName".to_owned(), name.clone());
        }
        let values =
            properties.pointer("/connectionParametersSet/values").and_then(Value::as_object);
        let password = values.and_then(|values| text(values, "password"));
        let is_right = properties.get("credentialId").is_some()
            || password.is_none_or(|password| password == self.config.password);
        let status = if is_right {
            json!({ "status": "Connected" })
        } else {
            let error = json!({ "code": "SessionCreationInvalidCredentials", "message": "The user name or password is incorrect." });
            json!({ "status": "Error", "target": "token", "error": error })
        };
        shown.insert("statuses".to_owned(), json!([status]));
        json!({
            "name": id.to_string(),
            "id": format!("/providers/Microsoft.PowerApps/apis/shared_uiflow/connections/{id}"),
            "type": "Microsoft.PowerApps/apis/connections",
            "properties": shown,
        })
    }
}

fn text<'v>(values: &'v Map<String, Value>, name: &str) -> Option<&'v str> {
    values.get(name)?.get("value")?.as_str()
}

type Refused = Box<Reply>;

fn refused(status: u16, code: &str, message: &str) -> Refused {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    Box::new(Reply::json(status, &json!({ "error": { "code": code, "message": message } })))
}

/// What is wrong stands two levels deep (contracts §2.3).
fn wrapped(code: &str, message: &str) -> Refused {
    let inner = json!([{ "code": code, "message": message }]);
    let details =
        json!([{ "code": "BadRequest", "message": "The request failed.", "details": inner }]);
    let error = json!({ "code": "ApiHubsRequestFailed", "message": "Request to ApiHub failed.", "details": details });
    Box::new(Reply::json(StatusCode::BAD_REQUEST, &json!({ "error": error })))
}

impl Peer for ConnectionsApi {
    fn is_watched(&self, _: &Asked) -> bool {
        true
    }

    fn answer(&self, asked: &Asked) -> Reply {
        self.respond(asked).unwrap_or_else(|refused| *refused)
    }
}

impl ConnectionsRunning {
    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.serving.base_url()
    }

    /// The API.
    #[must_use]
    pub const fn api(&self) -> &Arc<ConnectionsApi> {
        &self.api
    }

    /// The levers: counts, and trouble.
    #[must_use]
    pub fn troubles(&self) -> &crate::peer::Troubles {
        self.serving.troubles()
    }

    /// Stops: the port is free again when this returns.
    pub async fn stop(self) {
        self.serving.stop().await;
    }
}
