use std::convert::Infallible;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::net::{TcpListener, UnixStream};

use crate::host::RUNTIME;
use crate::wire;

/// nginx (Debian) with `auth_request` to the function, in front of a backend. It listens on a Unix socket, so that no
/// port has to be chosen.
#[derive(Debug)]
pub struct Nginx {
    directory: TempDir,
}

/// A backend that answers with the path and the headers that it got, as JSON.
#[derive(Clone, Copy, Debug)]
pub struct Backend(SocketAddr);

impl Backend {
    /// Serves on a free loopback port until the runtime ends.
    #[must_use]
    pub fn start() -> Self {
        let listener = RUNTIME.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        RUNTIME.spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                let service = service_fn(async |request: Request<Incoming>| {
                    Ok::<_, Infallible>(Response::new(Full::new(echo(&request))))
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self(address)
    }
}

fn echo(request: &Request<Incoming>) -> Bytes {
    let headers: Map<String, Value> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap())))
        .collect();
    json!({ "path": request.uri().path(), "headers": headers }).to_string().into()
}

impl Nginx {
    /// Starts nginx; it has bound its socket when this returns.
    ///
    /// # Errors
    ///
    /// What it says against its configuration, or how to install it.
    pub fn start(function: SocketAddr, backend: Backend) -> Result<Self, String> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let text = configuration(directory.path(), function, backend);
        fs::write(directory.path().join("nginx.conf"), text).map_err(|error| error.to_string())?;
        let nginx = Self { directory };
        // In the background it goes on only after it has bound its socket. What it inherits stays open with it, so it is
        // given nothing to hold.
        let status = nginx
            .command()
            .status()
            .map_err(|error| format!("nginx does not start ({error}): run `just setup-tests`"))?;
        if status.success() {
            return Ok(nginx);
        }
        let said = fs::read_to_string(nginx.directory.path().join("error.log"));
        Err(format!("nginx: {}", said.unwrap_or_default()))
    }

    fn command(&self) -> Command {
        let mut command = Command::new("nginx");
        let path = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin";
        command
            .env_clear()
            .env("PATH", path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
            .arg("-p")
            .arg(self.directory.path())
            .arg("-c")
            .arg("nginx.conf")
            .args(["-e", "error.log"]);
        command
    }

    /// Sends a request to nginx.
    ///
    /// # Errors
    ///
    /// What broke, as text.
    pub fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        RUNTIME.block_on(async {
            let stream = UnixStream::connect(self.directory.path().join("socket")).await;
            let stream = stream.map_err(|error| format!("connect: {error}"))?;
            wire::send_over(stream, "api.example", request).await
        })
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.command().args(["-s", "stop"]).status();
    }
}

fn configuration(directory: &Path, function: SocketAddr, backend: Backend) -> String {
    let directory = directory.display();
    let headers = [
        ("Subject", "subject"),
        ("Client", "client"),
        ("Roles", "roles"),
        ("Scopes", "scopes"),
        ("Issuer", "issuer"),
    ];
    let take = headers
        .map(|(_, name)| format!("auth_request_set $auth_{name} $upstream_http_x_auth_{name};"));
    let give =
        headers.map(|(header, name)| format!("proxy_set_header X-Auth-{header} $auth_{name};"));
    let (take, give) = (take.join("\n            "), give.join("\n            "));
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {directory}/{name};"))
        .join("\n    ");
    format!(
        r#"worker_processes 1;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{}}
http {{
    access_log off;
    {temporary}
    server {{
        listen unix:{directory}/socket;
        location = /_validate {{
            internal;
            proxy_pass http://{function}/validate;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header X-Original-Method $request_method;
            proxy_set_header X-Original-URI $request_uri;
        }}
        location / {{
            auth_request /_validate;
            {take}
            {give}
            proxy_pass http://{};
        }}
    }}
}}
"#,
        backend.0
    )
}
