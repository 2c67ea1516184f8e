use std::collections::BTreeMap;
use std::sync::Arc;

/// The variables that a platform sets for every process on it, as `IDENTITY_ENDPOINT`: not the function's own, so
/// without its prefix.
///
/// An implementor gives the value at this moment and treats an empty one as none: a platform may change it while the
/// process runs (contracts §6.2).
pub trait Environment: Send + Sync {
    /// Gives the variable's value; `None` when it is not set, is empty, or is not UTF-8.
    fn get(&self, name: &str) -> Option<String>;
}

/// The environment of the process, and in a component what its host passes on.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn get(&self, name: &str) -> Option<String> {
        #[expect(clippy::disallowed_methods, reason = "this is the adapter that reads variables")]
        let value = std::env::var(name);
        value.ok().filter(|value| !value.is_empty())
    }
}

/// Variables that are what they were made as. A clone is the same.
///
/// Its `Debug` shows names alone: a platform's variables hold secrets.
#[derive(Clone, Default)]
pub struct FixedEnvironment(Arc<BTreeMap<String, String>>);

impl FixedEnvironment {
    /// Makes the environment from names and values.
    pub fn new<N: Into<String>, V: Into<String>>(values: impl IntoIterator<Item = (N, V)>) -> Self {
        let values = values.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self(Arc::new(values.collect()))
    }
}

impl Environment for FixedEnvironment {
    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned().filter(|value| !value.is_empty())
    }
}

impl std::fmt::Debug for FixedEnvironment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_none_and_debug_shows_no_value() {
        let environment = FixedEnvironment::new([("IDENTITY_HEADER", "hunter2"), ("EMPTY", "")]);
        assert_eq!(environment.get("IDENTITY_HEADER").as_deref(), Some("hunter2"));
        assert_eq!(environment.get("EMPTY"), None);
        assert!(!format!("{environment:?}").contains("hunter2"));
        assert_eq!(ProcessEnvironment.get("HEADGATE_NO_SUCH_VARIABLE_IS_SET"), None);
    }
}
