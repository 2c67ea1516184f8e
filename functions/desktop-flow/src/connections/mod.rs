//! Connections of desktop flows, by the Power Platform's connections API (contracts §2).

mod environment_host;
mod error;
mod judge;
mod kept;
mod request;
mod service;

pub use environment_host::{Cloud, EnvironmentError};
pub(crate) use error::ConnectionError;
pub(crate) use judge::Verdict;
pub(crate) use kept::Kept;
pub(crate) use request::ConnectionRequest;
pub(crate) use service::Service;

use headgate_entra::Scope;

use crate::origin::Origin;

/// Where the connections are that this function keeps.
#[derive(Debug)]
pub struct Connections {
    /// The environment's own host, or what stands in its place.
    pub origin: Origin,
    /// The environment's id.
    pub environment: String,
    /// What a token is for.
    pub scope: Scope,
    /// With what the API is asked besides `PUT`.
    pub verbs: Verbs,
}

/// With which verbs the connections API is asked besides `PUT`, which alone is documented (contracts §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verbs {
    /// `GET`.
    pub get: bool,
    /// `DELETE`.
    pub delete: bool,
}

impl Verbs {
    /// Both.
    pub const ALL: Self = Self { get: true, delete: true };

    /// Reads a list as `get,delete`, or `none`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut verbs = Self { get: false, delete: false };
        if text == "none" {
            return Some(verbs);
        }
        for verb in text.split(',') {
            match verb.trim() {
                "get" => verbs.get = true,
                "delete" => verbs.delete = true,
                _ => return None,
            }
        }
        Some(verbs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_a_list_or_none() {
        assert_eq!(Verbs::parse("get, delete"), Some(Verbs::ALL));
        assert_eq!(Verbs::parse("get"), Some(Verbs { get: true, delete: false }));
        assert_eq!(Verbs::parse("none"), Some(Verbs { get: false, delete: false }));
        assert_eq!(Verbs::parse("put"), None);
    }
}
