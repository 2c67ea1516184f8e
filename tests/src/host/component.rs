use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use headgate_core::Clock;
use headgate_local::{Limits, LocalHost, Running};
use headgate_native::SystemClock;
use http::{Request, Response, Uri};
use tempfile::TempDir;

use super::{AUTHORITY, Build, Host, RUNTIME, Said, component_file};
use crate::face::Face;
use crate::wire;

/// The local host, serving the function's component once for each set of variables.
pub struct ComponentHost {
    running: Option<Running>,
    address: SocketAddr,
    said: Said,
    _state: TempDir,
}

/// The component with one set of variables.
pub struct Mounted {
    /// The host.
    pub host: Arc<ComponentHost>,
    /// The set's place among those that the host was started with.
    pub index: usize,
}

impl ComponentHost {
    /// Starts a host with these sets of variables, whose components may call `issuer` and nobody else. What it compiles
    /// is kept beside the components. Portable ones serve many requests in an instance, and once more as the middleware in
    /// front of an empty component; wide ones have an instance for each request.
    ///
    /// # Errors
    ///
    /// Why it does not start.
    pub fn start(
        build: Build,
        issuer: &str,
        variables: &[&BTreeMap<String, String>],
    ) -> Result<Self, String> {
        let state = tempfile::tempdir().map_err(|error| error.to_string())?;
        let function = component_file(build, "headgate_token_validation_component.wasm")?;
        let middleware = component_file(build, "headgate_token_validation_middleware.wasm")?;
        let empty = component_file(build, "headgate_empty.wasm")?;
        let cache = function.parent().unwrap().join("compiled");
        let mut manifest =
            "spin_manifest_version = 2\n[application]\nname = \"cases\"\n".to_owned();
        for (index, variables) in variables.iter().enumerate() {
            let plain = format!("plain-{index}");
            declare(&mut manifest, &plain, issuer, &function, None, variables);
            if build == Build::Portable {
                let guarded = format!("guarded-{index}");
                declare(&mut manifest, &guarded, issuer, &empty, Some(&middleware), variables);
            }
        }
        let said = Said::default();
        let mut limits = Limits::default();
        if build == Build::Wide {
            limits.instance_reuse = 1;
        }
        let host = LocalHost::from_text(manifest, state.path())
            .state_folder(state.path())
            .cache_folder(cache)
            .limits(limits)
            .guest_output({
                let said = said.clone();
                Arc::new(move |_, _, line| said.add(String::from_utf8_lossy(line).into_owned()))
            });
        let running = RUNTIME.block_on(host.start()).map_err(|error| error.to_string())?;
        let address = running.address();
        Ok(Self { running: Some(running), address, said, _state: state })
    }

    /// Where it listens; the set of variables at a place is served under `/plain-PLACE`.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the components have written, their logs too.
    #[must_use]
    pub const fn said(&self) -> &Said {
        &self.said
    }
}

/// Adds a component and its route to the manifest. A JSON string is a TOML string.
fn declare(
    manifest: &mut String,
    name: &str,
    issuer: &str,
    source: &Path,
    middleware: Option<&Path>,
    variables: &BTreeMap<String, String>,
) {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let path = |path: &Path| text(path.to_str().expect("a path in UTF-8"));
    write!(
        manifest,
        "[[trigger.http]]\nroute = \"/{name}/...\"\ncomponent = \"{name}\"\n\
         [component.{name}]\nsource = {}\nallowed_outbound_hosts = [\"{issuer}\"]\n\
         key_value_stores = [\"default\"]\n[component.{name}.variables]\n",
        path(source),
    )
    .unwrap();
    for (name, value) in variables {
        writeln!(manifest, "{name} = {}", text(value)).unwrap();
    }
    if let Some(middleware) = middleware {
        writeln!(manifest, "[component.{name}.tool.headgate]\nmiddleware = {}", path(middleware))
            .unwrap();
    }
}

impl Drop for ComponentHost {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            RUNTIME.block_on(running.shut_down());
        }
    }
}

impl Host for Mounted {
    fn issuer(&self) -> &str {
        &AUTHORITY
    }

    fn now(&self) -> u64 {
        SystemClock.now().as_secs()
    }

    fn ask(&self, face: Face, mut request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let kind = if face == Face::Middleware { "guarded" } else { "plain" };
        let uri = format!("/{kind}-{}{}", self.index, request.uri());
        *request.uri_mut() = Uri::try_from(uri).map_err(|error| error.to_string())?;
        RUNTIME.block_on(wire::send(self.host.address, request))
    }
}
