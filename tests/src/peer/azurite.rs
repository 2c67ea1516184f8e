use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt;
use http::{Method, Request};
use reqsign_azure_storage::{
    Credential, RequestSigner, ServiceSasResource, ServiceSharedAccessSignature,
};
use reqsign_core::time::Timestamp;
use reqsign_core::{Context, SignRequest};
use tempfile::TempDir;

use super::once_ready::once_ready;
use crate::host::{RUNTIME, installed};
use crate::wire;

/// Azurite (npm), Microsoft's own stand-in for Azure Blob Storage, which keeps what it has in memory, or in a folder of its own. It
/// is killed when this is dropped.
///
/// It verifies shared keys and shared access signatures. Of a token it looks at the audience, the times and the issuer, and not at its
/// signature; it computes no CRC-64 of a block.
#[derive(Debug)]
pub struct Azurite {
    child: Child,
    address: SocketAddr,
    key: String,
    is_tls: bool,
    _directory: TempDir,
}

/// Where it keeps what it has.
#[derive(Clone, Copy)]
enum Keeping {
    InMemory,
    OnDisk,
}

impl Azurite {
    /// The account that it has.
    pub const ACCOUNT: &str = "ofthetest";

    /// Starts the server.
    ///
    /// # Errors
    ///
    /// What it says instead of becoming ready, or how to install it.
    pub fn start() -> Result<Self, String> {
        Self::start_with(None, Keeping::InMemory)
    }

    /// Starts the server so that it keeps what it has on the disk.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_on_disk() -> Result<Self, String> {
        Self::start_with(None, Keeping::OnDisk)
    }

    /// Starts the server with TLS, as this certificate and its key say in PEM. Only then it takes tokens.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_with_tls(certificate: &str, key: &str) -> Result<Self, String> {
        Self::start_with(Some((certificate, key)), Keeping::InMemory)
    }

    fn start_with(tls: Option<(&str, &str)>, keeping: Keeping) -> Result<Self, String> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut bytes = [0; 64];
        getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
        let key = STANDARD.encode(bytes);
        let script = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("peers/node_modules/azurite/dist/src/blob/main.js");
        if !script.exists() {
            return Err(format!("{} is missing: run `just setup-tests`", script.display()));
        }
        let mut command = Command::new(installed("node")?);
        command
            .env_clear()
            .env("AZURITE_ACCOUNTS", format!("{}:{key}", Self::ACCOUNT))
            .arg(script)
            .args(["--blobHost", "127.0.0.1", "--blobPort", "0"])
            .args(["--silent", "--disableTelemetry"])
            .current_dir(directory.path());
        match keeping {
            Keeping::InMemory => command.arg("--inMemoryPersistence"),
            Keeping::OnDisk => command.arg("--location").arg(directory.path()),
        };
        if let Some((certificate, key)) = tls {
            for (option, name, text) in
                [("--cert", "certificate.pem", certificate), ("--key", "key.pem", key)]
            {
                let path = directory.path().join(name);
                std::fs::write(&path, text).map_err(|error| error.to_string())?;
                command.arg(option).arg(path);
            }
            command.args(["--oauth", "basic"]);
        }
        let (child, address) = serve(&mut command)?;
        Ok(Self { child, address, key, is_tls: tls.is_some(), _directory: directory })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The account's key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The account's address.
    #[must_use]
    pub fn account_url(&self) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://{}/{}", self.address, Self::ACCOUNT)
    }

    /// A request that makes a container, signed with the account's key.
    ///
    /// # Panics
    ///
    /// When it cannot be signed.
    #[must_use]
    pub fn container_request(&self, name: &str) -> Request<bytes::Bytes> {
        let address = format!("{}/{name}?restype=container", self.account_url());
        let request = Request::builder().method(Method::PUT).uri(address);
        let request = request.header("x-ms-version", "2021-08-06").header("content-length", "0");
        let (mut head, ()) = request.body(()).unwrap().into_parts();
        let credential = Credential::with_shared_key(Self::ACCOUNT, &self.key);
        let signer = RequestSigner::new();
        let context = Context::new();
        let signing = signer.sign_request(&context, &mut head, Some(&credential), None);
        signing.now_or_never().unwrap().unwrap();
        Request::from_parts(head, bytes::Bytes::new())
    }

    /// Makes a container.
    ///
    /// # Errors
    ///
    /// What the server answered instead.
    pub fn create_container(&self, name: &str) -> Result<(), String> {
        let response = RUNTIME.block_on(wire::send(self.address, self.container_request(name)))?;
        match response.status().as_u16() {
            201 => Ok(()),
            other => Err(format!("{other}: {}", String::from_utf8_lossy(response.body()))),
        }
    }

    /// A shared access signature for a container, as a query.
    ///
    /// # Panics
    ///
    /// When the container cannot be named.
    #[must_use]
    pub fn sas(&self, container: &str, permissions: &str) -> String {
        let resource = ServiceSasResource::Container { container: container.to_owned() };
        let until = Timestamp::now() + Duration::from_secs(3_600);
        let signature = ServiceSharedAccessSignature::new(
            Self::ACCOUNT.to_owned(),
            self.key.clone(),
            resource,
            permissions.to_owned(),
            until,
        );
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let pairs = signature.token().unwrap();
        let pairs = pairs.iter().map(|(name, value)| format!("{name}={}", encode(value)));
        pairs.collect::<Vec<_>>().join("&")
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the server and waits until it says where it listens.
fn serve(command: &mut Command) -> Result<(Child, SocketAddr), String> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = child.map_err(|error| format!("Azurite does not start ({error})"))?;
    let output = child.stdout.take().unwrap();
    let address = once_ready("Azurite", &mut child, output, |line| {
        let (_, rest) = line.split_once("successfully listens on http")?;
        rest.trim_start_matches('s').strip_prefix("://")?.trim().parse().ok()
    })?;
    Ok((child, address))
}
