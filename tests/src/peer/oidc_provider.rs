use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use http::{Request, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::host::{Process, RUNTIME, installed};
use crate::wire;

/// oidc-provider (npm), an OpenID provider that is certified by the OpenID Foundation.
#[derive(Debug)]
pub struct OidcProvider {
    _process: Process,
    address: SocketAddr,
}

/// The only client, and its secret: `oidc-provider.mjs` has the same.
const CLIENT: &str = "orders-client";
const SECRET: &str = "a secret of the test alone, 32 bytes";

impl OidcProvider {
    /// Starts the provider.
    ///
    /// # Errors
    ///
    /// What it says instead of becoming ready, or how to install it.
    pub fn start() -> Result<Self, String> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/oidc-provider.mjs");
        let mut command = Command::new(installed("node")?);
        command.env_clear().arg(script);
        let (process, address) = Process::start_and_wait(&mut command)
            .map_err(|reason| format!("{reason}\nto install it, run `just setup-tests`"))?;
        Ok(Self { _process: process, address })
    }

    /// Its issuer, without a slash at the end.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Gets an access token that is signed with this algorithm, by client credentials for a resource (RFC 8707).
    ///
    /// # Errors
    ///
    /// What the provider answered instead.
    pub fn token(&self, algorithm: &str, scope: &str) -> Result<String, String> {
        let resource = format!("https://orders.example/{algorithm}");
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", CLIENT),
            ("client_secret", SECRET),
            ("scope", scope),
            ("resource", &resource),
        ]
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        .join("&");
        let request = Request::post("/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(form))
            .unwrap();
        let response = RUNTIME.block_on(wire::send(self.address, request))?;
        let answer: Value =
            serde_json::from_slice(response.body()).map_err(|error| error.to_string())?;
        let token = answer["access_token"].as_str();
        token.map(str::to_owned).ok_or_else(|| format!("no token: {answer}"))
    }

    /// Gives the provider new keys and withdraws the old ones.
    ///
    /// # Errors
    ///
    /// What it answered instead.
    pub fn rotate(&self) -> Result<(), String> {
        let request = Request::post("/rotate").body(Bytes::new()).unwrap();
        let response = RUNTIME.block_on(wire::send(self.address, request))?;
        match response.status() {
            StatusCode::NO_CONTENT => Ok(()),
            other => Err(format!("/rotate answered {other}")),
        }
    }
}
