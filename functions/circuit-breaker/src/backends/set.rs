use std::fmt;
use std::sync::Arc;

use headgate_events::document::Position;

use super::backend::Backend;
use super::name::BackendName;
use super::pool::Pool;

/// The backends and pools of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backends {
    /// In the document's order; at least one, each name once in whatever case.
    pub targets: Vec<Target>,
    /// What the document says that has no effect here, for the log.
    pub ignored: Vec<Ignored>,
}

/// What a request can be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// One backend.
    Backend(Arc<Backend>),
    /// One of several backends.
    Pool(Arc<Pool>),
}

impl Target {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &BackendName {
        match self {
            Self::Backend(backend) => &backend.name,
            Self::Pool(pool) => &pool.name,
        }
    }
}

impl Backends {
    /// The backend or pool of this name, in whatever case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Target> {
        self.targets.iter().find(|target| target.name().is(name))
    }

    /// Every backend, in the document's order.
    pub fn backends(&self) -> impl Iterator<Item = &Arc<Backend>> {
        self.targets.iter().filter_map(|target| match target {
            Target::Backend(backend) => Some(backend),
            Target::Pool(_) => None,
        })
    }

    /// Every pool, in the document's order.
    pub fn pools(&self) -> impl Iterator<Item = &Arc<Pool>> {
        self.targets.iter().filter_map(|target| match target {
            Target::Pool(pool) => Some(pool),
            Target::Backend(_) => None,
        })
    }
}

/// A key that is accepted because API Management exports it, and has no effect here.
///
/// It prints as `line 4, column 9: backends.all.pool.services[0].preferredCarbonEmission has no effect`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Where it stands.
    pub position: Position,
    /// The keys that lead to it.
    pub path: String,
}

impl fmt::Display for Ignored {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {} has no effect", self.position, self.path)
    }
}
