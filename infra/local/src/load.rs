use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use headgate_core::Clock;
use tokio::sync::{mpsc, watch};
use wasmtime::Engine;
use wasmtime::component::{Component as Compiled, Linker};
use wasmtime_wasi_http::handler::{ProxyHandler, ProxyPre};
use wasmtime_wasi_http::{DEFAULT_FORBIDDEN_HEADERS, p2, p3};

use crate::application::ComponentPlan;
use crate::component::Component;
use crate::compose;
use crate::error::LocalHostError;
use crate::guest::{Environment, Guest};
use crate::instances::Instances;
use crate::limits::Limits;
use crate::mounts::Mounts;
use crate::outbound::{Outbound, OutboundClient};
use crate::output::LineSink;
use crate::redis_connections::RedisConnections;
use crate::store::Store;

/// What the components of an application have in common.
pub(crate) struct Loader {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<Guest>,
    pub(crate) store: Arc<Store>,
    pub(crate) client: OutboundClient,
    pub(crate) output: LineSink,
    pub(crate) clock: Option<Arc<dyn Clock>>,
    pub(crate) limits: Limits,
    /// Where copies of single files are kept.
    pub(crate) files: PathBuf,
    pub(crate) stop: watch::Receiver<bool>,
    pub(crate) alive: mpsc::Sender<std::convert::Infallible>,
}

impl Loader {
    /// Compiles all components; this takes seconds the first time, and the cache's time after that.
    pub(crate) fn load_all(
        self,
        plans: BTreeMap<String, ComponentPlan>,
    ) -> Result<BTreeMap<String, Arc<Component>>, LocalHostError> {
        plans
            .into_iter()
            .map(|(name, plan)| Ok((name.clone(), Arc::new(self.load(&name, plan)?))))
            .collect()
    }

    fn load(&self, name: &str, plan: ComponentPlan) -> Result<Component, LocalHostError> {
        let mut bytes = read(name, &plan.source)?;
        if let Some(middleware) = &plan.middleware {
            bytes = compose::in_front(read(name, middleware)?, bytes)
                .map_err(|source| LocalHostError::Compose { component: name.to_owned(), source })?;
        }
        let pre = self.prepare(&bytes).map_err(|error| LocalHostError::Component {
            component: name.to_owned(),
            reason: format!("{error:#}"),
        })?;
        let folders = self.folders(name, plan.mounts)?;
        let allowed = Arc::new(plan.allowed_hosts);
        let environment = Arc::new(Environment {
            component: name.into(),
            variables: plan.variables,
            environment: plan.environment,
            folders,
            key_value_stores: plan.key_value_stores,
            store: Arc::clone(&self.store),
            outbound: Outbound {
                allowed: Arc::clone(&allowed),
                client: self.client.clone(),
                forbidden: Arc::new(|name| DEFAULT_FORBIDDEN_HEADERS.contains(name)),
            },
            redis: RedisConnections::new(allowed),
            output: Arc::clone(&self.output),
            clock: self.clock.clone(),
            memory: self.limits.guest_memory,
            table_elements: self.limits.table_elements,
            cpu: self.limits.guest_timeout,
        });
        Ok(self.component(name, pre, &environment))
    }

    fn prepare(&self, bytes: &[u8]) -> wasmtime::Result<ProxyPre<Guest>> {
        let compiled = Compiled::from_binary(&self.engine, bytes)?;
        let pre = self.linker.instantiate_pre(&compiled)?;
        match p3::bindings::ServicePre::new(pre.clone()) {
            Ok(pre) => Ok(ProxyPre::P3(pre)),
            Err(_) => p2::bindings::ProxyPre::new(pre).map(ProxyPre::P2).map_err(|_| {
                wasmtime::format_err!(
                    "it exports neither wasi:http/handler@0.3 nor wasi:http/incoming-handler@0.2"
                )
            }),
        }
    }

    fn component(
        &self,
        name: &str,
        pre: ProxyPre<Guest>,
        environment: &Arc<Environment>,
    ) -> Component {
        let concurrent = matches!(pre, ProxyPre::P3(_));
        let reuse = if concurrent { self.limits.instance_reuse.max(1) } else { 1 };
        let pre = Arc::new(pre);
        let instances = |concurrency| {
            ProxyHandler::new(Instances {
                engine: self.engine.clone(),
                pre: Arc::clone(&pre),
                environment: Arc::clone(environment),
                limits: self.limits,
                reuse,
                concurrency,
                stop: self.stop.clone(),
                alive: self.alive.clone(),
            })
        };
        let concurrency = self.limits.instance_concurrency.min(reuse);
        Component {
            name: name.into(),
            shared: (concurrency > 1).then(|| instances(concurrency)),
            alone: instances(1),
            response_timeout: self.limits.response_timeout,
        }
    }

    /// The folders that a guest finds, checked; single files are copied into one that stands at `/`.
    fn folders(
        &self,
        component: &str,
        mounts: Mounts,
    ) -> Result<Vec<(PathBuf, String)>, LocalHostError> {
        let unusable = |path: &Path| {
            let (component, path) = (component.to_owned(), path.to_owned());
            move |source| LocalHostError::File { component, path, source }
        };
        for (folder, _) in &mounts.folders {
            std::fs::read_dir(folder).map_err(unusable(folder))?;
        }
        let mut folders = mounts.folders;
        if mounts.files.is_empty() {
            return Ok(folders);
        }
        let copies = self.files.join(component);
        if copies.exists() {
            std::fs::remove_dir_all(&copies).map_err(unusable(&copies))?;
        }
        for (file, path) in mounts.files {
            let copy = copies.join(path);
            if let Some(folder) = copy.parent() {
                std::fs::create_dir_all(folder).map_err(unusable(folder))?;
            }
            std::fs::copy(&file, &copy).map_err(unusable(&file))?;
        }
        folders.push((copies, "/".to_owned()));
        Ok(folders)
    }
}

fn read(component: &str, path: &Path) -> Result<Vec<u8>, LocalHostError> {
    std::fs::read(path).map_err(|source| LocalHostError::ComponentUnreadable {
        component: component.to_owned(),
        path: path.to_owned(),
        source,
    })
}
