use std::collections::HashSet;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc as Shared, Mutex, PoisonError};

use headgate_core::Random;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Method, StatusCode};
use serde_json::json;

use super::assigned::{Machine, Named};
use crate::issuer::{Guid, SystemRandom};
use crate::peer::{Asked, Peer, Reply, Serving};

/// Puts a key where the challenge says that it is: `(path, key)`.
pub type WriteKey = Box<dyn Fn(&str, &str) + Send + Sync>;

/// The agent of Azure Arc (contracts §6.4): the first request is answered 401 with the path of a file, and the second has to
/// bring what is in it. Each key is good once.
pub struct Arc {
    machine: Machine,
    folder: Mutex<String>,
    write_key: WriteKey,
    keys: Mutex<HashSet<String>>,
}

const PATH: &str = "/metadata/identity/oauth2/token";
const VERSIONS: [&str; 2] = ["2019-11-01", "2020-06-01"];

impl Arc {
    /// Where the real agent puts its keys on Linux.
    pub const FOLDER: &'static str = "/var/opt/azcmagent/tokens/";

    /// Starts it; the endpoint is the address and `/metadata/identity/oauth2/token`. The peer itself takes another folder.
    ///
    /// # Errors
    ///
    /// As [`Serving::start`].
    pub async fn start(
        listen: SocketAddr,
        machine: Machine,
        write_key: WriteKey,
    ) -> std::io::Result<(Serving, Shared<Self>)> {
        let (folder, keys) = (Mutex::new(Self::FOLDER.to_owned()), Mutex::default());
        Serving::start(listen, None, |_| Shared::new(Self { machine, folder, write_key, keys }))
            .await
    }

    /// Names another folder in challenges, with the slash at its end.
    pub fn set_folder(&self, folder: &str) {
        folder.clone_into(&mut self.folder.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn challenge(&self) -> Reply {
        let mut bytes = [0; 16];
        SystemRandom.fill(&mut bytes);
        let key = format!("{:032x}", u128::from_be_bytes(bytes));
        let folder = self.folder.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let path = format!("{folder}{}.key", Guid::random(&SystemRandom));
        (self.write_key)(&path, &key);
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        Reply::empty(StatusCode::UNAUTHORIZED)
            .with(WWW_AUTHENTICATE, &format!("Basic realm={path}"))
    }

    fn token(&self, asked: &Asked) -> Reply {
        let refuse = |status, description: &str| {
            let body = json!({ "error": "invalid_request", "error_description": description });
            Reply::json(status, &body)
        };
        if asked.header("metadata") != Some("true") {
            return refuse(StatusCode::BAD_REQUEST, "Required metadata header not specified");
        }
        let query = asked.query();
        let get = |name: &str| {
            query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
        };
        if !get("api-version").is_some_and(|version| VERSIONS.contains(&version)) {
            return refuse(StatusCode::BAD_REQUEST, "api-version is missing or not supported");
        }
        if query.iter().any(|(name, _)| name != "api-version" && name != "resource") {
            return refuse(
                StatusCode::BAD_REQUEST,
                "only the system-assigned identity is supported",
            );
        }
        let Some(resource) = get("resource").filter(|resource| self.machine.knows(resource)) else {
            return refuse(StatusCode::BAD_REQUEST, "resource is missing or not known");
        };
        let Some(authorization) = asked.header(AUTHORIZATION.as_str()) else {
            return self.challenge();
        };
        let key = authorization.strip_prefix("Basic ").unwrap_or_default();
        if !self.keys.lock().unwrap_or_else(PoisonError::into_inner).remove(key) {
            return refuse(
                StatusCode::FORBIDDEN,
                "the key is not one of this agent's, or was used",
            );
        }
        let minted = self.machine.find(Named::Nothing).ok();
        let minted = minted.and_then(|identity| self.machine.mint(identity, resource));
        let Some(minted) = minted else {
            return refuse(StatusCode::BAD_REQUEST, "Identity not found");
        };
        let body = json!({
            "access_token": minted.token,
            "expires_in": minted.expires_in.to_string(),
            "expires_on": minted.expires_on.to_string(),
            "not_before": minted.not_before.to_string(),
            "resource": resource,
            "token_type": "Bearer",
        });
        Reply::json(StatusCode::OK, &body)
    }
}

impl Peer for Arc {
    fn is_watched(&self, _: &Asked) -> bool {
        true
    }

    fn answer(&self, asked: &Asked) -> Reply {
        match (asked.uri.path(), &asked.method) {
            (PATH, &Method::GET) => self.token(asked),
            (PATH, _) => Reply::empty(StatusCode::METHOD_NOT_ALLOWED),
            _ => Reply::empty(StatusCode::NOT_FOUND),
        }
    }
}

impl fmt::Debug for Arc {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Arc").field("machine", &self.machine).finish_non_exhaustive()
    }
}
