use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use headgate_core::Clock;
use http::Uri;
use http::uri::Authority;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, watch};

use crate::application::{Application, ApplicationError, ComponentPlan};
use crate::component::Component;
use crate::engine::{EpochClock, engine};
use crate::error::LocalHostError;
use crate::limits::Limits;
use crate::load::Loader;
use crate::manifest::Manifest;
use crate::output::{LineSink, inherited};
use crate::request_log::{RequestLog, RequestLogger};
use crate::route::{Route, RouteTable};
use crate::running::{Parts, Running};
use crate::server::{Server, Target};
use crate::spin_headers::{RouteHeaders, SpinHeaders};
use crate::store::Store;
use crate::tick::Timer;
use crate::{guest, outbound};

/// A host for the application that a manifest describes; [`start`](LocalHost::start) makes it serve.
///
/// ```no_run
/// # async fn example() -> Result<(), headgate_local::LocalHostError> {
/// use headgate_local::LocalHost;
///
/// let running = LocalHost::new("infra/spin/spin.toml")
///     .variable("policy", "file:policy.toml")
///     .state_folder("state")
///     .start()
///     .await?;
/// println!("http://{}", running.address());
/// running.shut_down().await;
/// # Ok(())
/// # }
/// ```
#[must_use = "a host serves nothing before it is started"]
pub struct LocalHost {
    manifest: ManifestSource,
    listen: SocketAddr,
    state: PathBuf,
    cache: Option<PathBuf>,
    stores: BTreeMap<String, String>,
    variables: BTreeMap<String, String>,
    environment: bool,
    sources: BTreeMap<String, PathBuf>,
    middlewares: BTreeMap<String, PathBuf>,
    limits: Limits,
    log: RequestLog,
    output: Option<LineSink>,
    clock: Option<Arc<dyn Clock>>,
    spin_headers: SpinHeaders,
}

enum ManifestSource {
    File(PathBuf),
    Text { text: String, folder: PathBuf },
}

/// How a variable of the environment names a variable of the application, as in Spin.
const ENVIRONMENT_PREFIX: &str = "SPIN_VARIABLE_";

impl LocalHost {
    /// Serves the manifest in the file `manifest`; paths in it are relative to the file's folder.
    ///
    /// It listens on a free port of 127.0.0.1, keeps its state in `.headgate` in the working directory, logs no requests,
    /// and passes on what guests write.
    pub fn new(manifest: impl Into<PathBuf>) -> Self {
        Self::of(ManifestSource::File(manifest.into()))
    }

    /// Serves the manifest `text`, whose paths are relative to `folder`.
    pub fn from_text(text: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        Self::of(ManifestSource::Text { text: text.into(), folder: folder.into() })
    }

    fn of(manifest: ManifestSource) -> Self {
        Self {
            manifest,
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            state: ".headgate".into(),
            cache: None,
            stores: BTreeMap::new(),
            variables: BTreeMap::new(),
            environment: false,
            sources: BTreeMap::new(),
            middlewares: BTreeMap::new(),
            limits: Limits::default(),
            log: RequestLog::Off,
            output: None,
            clock: None,
            spin_headers: SpinHeaders::Few,
        }
    }

    /// Listens on `address`; port 0 takes a free one.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Gives the application variable `name` a value; this goes before the environment and the manifest's default.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Takes values from the process's environment, too: `SPIN_VARIABLE_POLICY` for the variable `policy`.
    pub fn spin_environment(mut self) -> Self {
        self.environment = true;
        self
    }

    /// Takes the component `name` from the file `path` instead of the manifest's `source`.
    pub fn component_source(mut self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.sources.insert(name.into(), path.into());
        self
    }

    /// Puts the middleware in the file `path` in front of the component `name`, instead of the manifest's.
    pub fn middleware(mut self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.middlewares.insert(name.into(), path.into());
        self
    }

    /// Keeps the state, and unless told otherwise the compiled code, in `folder`, which one host may hold at a time.
    pub fn state_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.state = folder.into();
        self
    }

    /// Keeps the key-value store `label` at `place`, and not in the state folder: `redis://HOST`, `rediss://HOST` or
    /// `dynamodb:TABLE`, each with `?prefix=NAME` when the label is not to stand before its keys.
    pub fn key_value_store(mut self, label: impl Into<String>, place: impl Into<String>) -> Self {
        self.stores.insert(label.into(), place.into());
        self
    }

    /// Keeps the compiled code in `folder`, which any number of hosts may share.
    pub fn cache_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Some(folder.into());
        self
    }

    /// Sets how far guests may go, and how their instances are reused.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets where the account of each request goes.
    pub fn request_log(mut self, log: RequestLog) -> Self {
        self.log = log;
        self
    }

    /// Sets who takes the lines that guests write, and the host's own line about an instance that was stopped.
    pub fn guest_output(mut self, sink: LineSink) -> Self {
        self.output = Some(sink);
        self
    }

    /// Sets the time of day that guests see. Their monotonic clock stays the host's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Sets which of Spin's headers guests are given.
    pub fn spin_headers(mut self, headers: SpinHeaders) -> Self {
        self.spin_headers = headers;
        self
    }

    /// Compiles the components, opens the state and the address, and serves from then on, on the current runtime.
    ///
    /// # Errors
    ///
    /// [`LocalHostError`], which says what to do about it and shows no variable's value.
    pub async fn start(self) -> Result<Running, LocalHostError> {
        let application = self.application()?;
        let (end, ended) = watch::channel(false);
        let (alive, gone) = mpsc::channel(1);
        let store = Arc::new(Store::open(&self.state)?.with_shared(&self.stores)?);
        let output = self.output.clone().map_or_else(inherited, Ok);
        let cache = self.cache.clone().unwrap_or_else(|| self.state.join("cache"));
        let engine = engine(&self.limits, &cache).map_err(as_engine)?;
        let loader = Loader {
            linker: guest::linker(&engine).map_err(as_engine)?,
            engine: engine.clone(),
            store: Arc::clone(&store),
            client: outbound::client()?,
            output: output.map_err(LocalHostError::Thread)?,
            clock: self.clock,
            limits: self.limits,
            files: self.state.join("files"),
            stop: ended,
            alive,
        };
        let plans = application.components;
        let ticks: Vec<_> =
            plans.iter().filter_map(|(name, plan)| Some((name.clone(), plan.tick?))).collect();
        let components = tokio::task::spawn_blocking(move || loader.load_all(plans))
            .await
            .map_err(|error| LocalHostError::Engine(error.to_string()))??;
        let listener = TcpListener::bind(self.listen).await;
        let (listener, address) = listener
            .and_then(|listener| listener.local_addr().map(|address| (listener, address)))
            .map_err(|source| LocalHostError::Listen { address: self.listen, source })?;
        let routes = targets(application.routes, &components, self.spin_headers);
        let timers = timers(&routes, &ticks, address);
        let server = Arc::new(Server {
            routes,
            logger: RequestLogger::start(self.log).map_err(LocalHostError::Thread)?,
            authority: authority(address),
            max_body: self.limits.max_body,
            turns: Semaphore::new(self.limits.instances as usize),
        });
        Ok(Running::start(Parts {
            application: application.name,
            address,
            listener,
            server,
            timers,
            store,
            epoch: EpochClock::start(engine).map_err(LocalHostError::Thread)?,
            drain: self.limits.drain,
            end,
            gone,
        }))
    }

    fn application(&self) -> Result<Application, LocalHostError> {
        let (text, path, folder) = match &self.manifest {
            ManifestSource::File(path) => {
                let text = std::fs::read_to_string(path).map_err(|source| {
                    LocalHostError::ManifestUnreadable { path: path.clone(), source }
                })?;
                (text, path.clone(), path.parent().unwrap_or(Path::new("")).to_owned())
            }
            ManifestSource::Text { text, folder } => (text.clone(), folder.clone(), folder.clone()),
        };
        let mut application = self
            .resolve(&text, &folder)
            .map_err(|source| LocalHostError::Application { path, source: Box::new(source) })?;
        for (name, path) in &self.sources {
            plan(&mut application, name)?.source.clone_from(path);
        }
        for (name, path) in &self.middlewares {
            plan(&mut application, name)?.middleware = Some(path.clone());
        }
        Ok(application)
    }

    fn resolve(&self, text: &str, folder: &Path) -> Result<Application, ApplicationError> {
        let manifest = Manifest::parse(text)?;
        let mut values = self.variables.clone();
        if self.environment {
            for name in manifest.variables.keys() {
                if let Some(value) = from_environment(name) {
                    values.entry(name.clone()).or_insert(value);
                }
            }
        }
        Application::resolve(&manifest, folder, &values)
    }
}

#[expect(clippy::disallowed_methods, reason = "this adapter reads the process's environment")]
fn from_environment(name: &str) -> Option<String> {
    std::env::var(format!("{ENVIRONMENT_PREFIX}{}", name.to_ascii_uppercase())).ok()
}

fn plan<'a>(
    application: &'a mut Application,
    name: &str,
) -> Result<&'a mut ComponentPlan, LocalHostError> {
    let plan = application.components.get_mut(name);
    plan.ok_or_else(|| LocalHostError::UnknownComponent(name.to_owned()))
}

fn as_engine(error: wasmtime::Error) -> LocalHostError {
    LocalHostError::Engine(format!("{error:#}"))
}

fn authority(address: SocketAddr) -> Authority {
    Authority::try_from(address.to_string()).unwrap_or(Authority::from_static("localhost"))
}

fn targets(
    routes: Vec<(Route, String)>,
    components: &BTreeMap<String, Arc<Component>>,
    spin_headers: SpinHeaders,
) -> RouteTable<Target> {
    let target = |(route, component): (Route, String)| {
        let component = Arc::clone(components.get(&component)?);
        let headers = RouteHeaders::new(&route, spin_headers)?;
        let text = route.to_string().into();
        Some((route, Target { component, headers, route: text }))
    };
    RouteTable::new(routes.into_iter().filter_map(target).collect())
}

/// The timers, each posting to the first route of its component.
fn timers(
    routes: &RouteTable<Target>,
    ticks: &[(String, std::time::Duration)],
    address: SocketAddr,
) -> Vec<Timer> {
    let timer = |(component, period): &(String, std::time::Duration)| {
        let of_component = |(_, target): &&(Route, Target)| *target.component.name == **component;
        let (route, _) = routes.iter().find(of_component)?;
        let uri: Uri = format!("http://{address}{}/tick", route.prefix()).parse().ok()?;
        Some(Timer { uri, period: *period })
    };
    ticks.iter().filter_map(timer).collect()
}
