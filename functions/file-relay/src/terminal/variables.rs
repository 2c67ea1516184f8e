use headgate_core::{Variables, VariablesError};

use crate::variables::{ACCESS, PLACES, SINKS};

/// The process's variables, with the places of the command line besides those that are configured, for nobody but who runs it.
#[derive(Debug)]
pub(super) struct TerminalVariables<V> {
    pub(super) outer: V,
    /// The document of both.
    pub(super) places: String,
}

impl<V: Variables> Variables for TerminalVariables<V> {
    async fn get(&self, name: &str) -> Result<Option<String>, VariablesError> {
        match name {
            ACCESS => Ok(Some("anonymous".to_owned())),
            // Nobody would be told of a file that somebody carries by hand.
            SINKS => Ok(None),
            PLACES => Ok(Some(self.places.clone())),
            _ => self.outer.get(name).await,
        }
    }
}
