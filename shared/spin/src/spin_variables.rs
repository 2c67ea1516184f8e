use headgate_core::{Variables, VariablesError};
use spin_sdk::variables::{self, Error};

/// The component's variables: `spin:variables`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SpinVariables;

impl Variables for SpinVariables {
    async fn get(&self, name: &str) -> Result<Option<String>, VariablesError> {
        match variables::get(name).await {
            Ok(value) => Ok(Some(value)),
            Err(Error::Undefined(_)) => Ok(None),
            Err(error) => Err(VariablesError { name: name.to_owned(), reason: error.to_string() }),
        }
    }
}
