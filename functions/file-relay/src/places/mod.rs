//! The places that are named in the document `places`, and what each may be used for.

mod document;
mod host_settings;
mod hosting;
mod reader;

use std::collections::BTreeMap;

use crate::place::Place;
use crate::ports::World;

pub use document::PlacesDocument;
pub use host_settings::{FolderSettings, HostSettings, SftpProof, SftpSettings};
pub use hosting::Hosting;

/// Every place by its name.
pub struct Places<W: World>(BTreeMap<String, NamedPlace<W>>);

/// A place, and what it may be used for.
pub struct NamedPlace<W: World> {
    /// Its kind, as the document has it.
    pub kind: &'static str,
    /// Whether files may be read from it.
    pub read: bool,
    /// Whether files may be written to it.
    pub write: bool,
    /// The place.
    pub place: Place<W>,
}

impl<W: World> Places<W> {
    /// Makes a collection of places.
    pub fn new(places: impl IntoIterator<Item = (String, NamedPlace<W>)>) -> Self {
        Self(places.into_iter().collect())
    }

    /// The place of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&NamedPlace<W>> {
        self.0.get(name)
    }

    /// Every place with its name, in the names' order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &NamedPlace<W>)> {
        self.0.iter().map(|(name, place)| (name.as_str(), place))
    }
}
