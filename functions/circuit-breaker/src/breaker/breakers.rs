use std::collections::HashMap;
use std::sync::Arc;

use headgate_core::{Clock, Diagnostics, KeyValue, Severity};
use headgate_events::{ChangeError, Recorded};
use headgate_world::WorldOutbox;

use super::known::Known;
use super::memory::Recalled;
use super::{Breaker, key};
use crate::backends::{BackendName, Pool, Target};
use crate::configuration::Configuration;
use crate::judging::BackendState;
use crate::{Ports, World};

/// Every backend's breaker in this instance, and what they reach of the world.
pub(crate) struct Breakers<W: World> {
    pub(crate) configuration: Configuration,
    pub(crate) ports: Ports<W>,
    pub(crate) outbox: WorldOutbox<W>,
    /// In the order of the configured backends.
    pub(super) all: Vec<Arc<Breaker>>,
    names: HashMap<String, Entry>,
}

enum Entry {
    Backend(Arc<Breaker>),
    Pool(Arc<Pool>, Vec<Arc<Breaker>>),
}

/// What a name stands for.
#[derive(Clone, Copy)]
pub(crate) enum Named<'b> {
    /// One backend.
    Backend(&'b Arc<Breaker>),
    /// One of several; the breakers are in the order of the members.
    Pool(&'b Pool, &'b [Arc<Breaker>]),
}

impl<W: World> Breakers<W> {
    pub(crate) fn new(configuration: Configuration, ports: Ports<W>) -> Self {
        for ignored in &configuration.backends.ignored {
            ports.diagnostics.report(Severity::Info, &format_args!("variable backends: {ignored}"));
        }
        let backends = configuration.backends.backends().zip(&configuration.destinations);
        let breaker = |(backend, destination): (&Arc<_>, &_)| {
            Arc::new(Breaker::new(Arc::clone(backend), Clone::clone(destination)))
        };
        let all: Vec<_> = backends.map(breaker).collect();
        let of = |name: &BackendName| {
            all.iter().find(|breaker| breaker.key == key(name)).map(Arc::clone)
        };
        let entry = |target: &Target| match target {
            Target::Backend(backend) => of(&backend.name).map(Entry::Backend),
            Target::Pool(pool) => {
                let members = pool.members.iter().filter_map(|member| of(&member.backend.name));
                Some(Entry::Pool(Arc::clone(pool), members.collect()))
            }
        };
        let targets = configuration.backends.targets.iter();
        let names = targets
            .filter_map(|target| {
                Some((target.name().as_str().to_ascii_lowercase(), entry(target)?))
            })
            .collect();
        let outbox = ports.outbox("circuit-breaker", configuration.sinks.clone());
        Self { configuration, ports, outbox, all, names }
    }

    /// What a name stands for, in whatever case.
    pub(crate) fn get(&self, name: &str) -> Option<Named<'_>> {
        let entry = if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            self.names.get(&name.to_ascii_lowercase())
        } else {
            self.names.get(name)
        };
        entry.map(|entry| match entry {
            Entry::Backend(breaker) => Named::Backend(breaker),
            Entry::Pool(pool, breakers) => Named::Pool(pool, breakers),
        })
    }

    /// What is known of a backend, not older than the variable `state_cache_ms` says: at most one call to the store.
    ///
    /// A store that does not answer is reported, and what was known before counts; `None` when nothing was.
    pub(crate) async fn known(self: &Arc<Self>, breaker: &Breaker) -> Option<Arc<Known>> {
        let now = self.ports.clock.now();
        // The lock must not be held while the store is asked.
        let recalled = breaker.memory().recall(now, self.configuration.state_cache);
        let generation = match recalled {
            Recalled::Known(known) => return known,
            Recalled::Ask(generation) => generation,
        };
        match Box::pin(self.read(breaker)).await {
            Ok(read) => {
                if read.record.is_left_over(now) {
                    Box::pin(self.deliver_later(breaker, Vec::new())).await;
                }
                Some(breaker.memory().learn(read, generation, now))
            }
            Err(error) => {
                let name = &breaker.backend.name;
                self.warn(&format_args!("the state of backend {name} is not read: {error}"));
                let mut memory = breaker.memory();
                memory.miss(now);
                memory.latest().map(Arc::clone)
            }
        }
    }

    /// Reads a backend's record now.
    pub(crate) async fn read(&self, breaker: &Breaker) -> Result<Arc<Known>, ChangeError> {
        let value = self.ports.key_value.get(&breaker.key).await?;
        let record = match &value {
            Some(value) => Recorded::decode(value)?,
            None => Recorded::new(BackendState::default()),
        };
        Ok(Arc::new(Known { value, record }))
    }

    pub(crate) fn warn(&self, message: &dyn std::fmt::Display) {
        self.ports.diagnostics.report(Severity::Warning, message);
    }
}
