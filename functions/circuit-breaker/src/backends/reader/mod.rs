//! Turns a document's tree into the typed model: each rule of contracts §2 is judged here, once for both syntaxes.

mod backend;
mod credentials;
mod pool;
mod rule;

use std::sync::Arc;

use headgate_events::document::Lines;

use super::error::{BackendsErrorKind, Fault};
use super::name::BackendName;
use super::set::{Backends, Ignored, Target};
use super::tree::{Entry, Node};

/// What a document comes to, before places are turned into lines and columns.
pub(super) struct Found {
    targets: Vec<Target>,
    ignored: Vec<(usize, String)>,
}

impl Found {
    pub(super) fn located(self, text: &str) -> Backends {
        let lines = Lines::of(text);
        let ignored = self.ignored.into_iter();
        let ignored = ignored.map(|(offset, path)| Ignored { position: lines.at(offset), path });
        Backends { targets: self.targets, ignored: ignored.collect() }
    }
}

/// Reads entries whose references are resolved.
///
/// # Errors
///
/// [`Fault`] at the first value that cannot be honoured; it becomes a [`BackendsError`](super::BackendsError).
pub(super) fn read(entries: &[Entry]) -> Result<Found, Fault> {
    if entries.is_empty() {
        return Err(Fault::of_document(0, BackendsErrorKind::NoBackend));
    }
    let mut named: Vec<(BackendName, &Node)> = Vec::with_capacity(entries.len());
    for Entry { name, properties } in entries {
        let name = BackendName::parse(name)
            .ok_or_else(|| properties.fault(BackendsErrorKind::NotBackendName))?;
        if named.iter().any(|(taken, _)| taken.is(name.as_str())) {
            return Err(properties.fault(BackendsErrorKind::BackendTwice));
        }
        named.push((name, properties));
    }
    let mut ignored = Vec::new();
    // Backends first: a pool may stand before its members.
    let mut backends: Vec<Option<Target>> = Vec::with_capacity(named.len());
    for (name, properties) in &named {
        backends.push(if pool::is_pool(properties)? {
            None
        } else {
            Some(Target::Backend(Arc::new(backend::read(name, properties)?)))
        });
    }
    let pools: Vec<&BackendName> = named
        .iter()
        .zip(&backends)
        .filter(|(_, read)| read.is_none())
        .map(|((name, _), _)| name)
        .collect();
    let known = pool::Known {
        backends: backends
            .iter()
            .flatten()
            .filter_map(|target| match target {
                Target::Backend(backend) => Some(backend),
                Target::Pool(_) => None,
            })
            .collect(),
        pools,
    };
    let mut read_pools = Vec::new();
    for ((name, properties), read) in named.iter().zip(&backends) {
        if read.is_none() {
            let pool = pool::read(name, properties, &known, &mut ignored)?;
            read_pools.push(Target::Pool(Arc::new(pool)));
        }
    }
    drop(known);
    let mut read_pools = read_pools.into_iter();
    let targets = backends.into_iter().filter_map(|read| read.or_else(|| read_pools.next()));
    Ok(Found { targets: targets.collect(), ignored })
}
