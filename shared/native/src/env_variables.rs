use std::env::VarError;

use headgate_core::{Variables, VariablesError};

/// The process's environment: the variable `jwks_uri` is `HEADGATE_JWKS_URI`.
///
/// An empty value is a value. A value that is not UTF-8 is an error.
#[derive(Clone, Copy, Debug, Default)]
pub struct EnvVariables;

impl Variables for EnvVariables {
    async fn get(&self, name: &str) -> Result<Option<String>, VariablesError> {
        let name = environment_name(name);
        #[expect(clippy::disallowed_methods, reason = "this is the adapter that reads variables")]
        let value = std::env::var(&name);
        match value {
            Ok(value) => Ok(Some(value)),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => {
                Err(VariablesError { name, reason: "it is not UTF-8".to_owned() })
            }
        }
    }
}

/// The environment's name for the variable `name`.
pub(crate) fn environment_name(name: &str) -> String {
    format!("HEADGATE_{}", name.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_has_the_prefix_and_capitals_in_the_environment() {
        assert_eq!(environment_name("jwks_uri"), "HEADGATE_JWKS_URI");
    }

    #[tokio::test]
    async fn a_variable_that_is_not_set_is_none() {
        assert_eq!(EnvVariables.get("no_such_variable_is_set").await, Ok(None));
    }
}
