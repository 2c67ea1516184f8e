use std::collections::BTreeMap;
use std::sync::Arc;

use headgate_core::{Variables, VariablesError};

/// Variables that the test has fixed; every other one is unset.
///
/// A name with anything but lower-case letters, digits and underscores fails the test, since no host could have it.
#[derive(Clone, Debug, Default)]
pub struct FixedVariables(Arc<Values>);

#[derive(Debug, Default)]
struct Values {
    values: BTreeMap<String, String>,
    failure: Option<String>,
}

impl FixedVariables {
    /// Makes the variables from names and values, as `FixedVariables::new([("access", "anonymous")])`.
    pub fn new<N: Into<String>, V: Into<String>>(values: impl IntoIterator<Item = (N, V)>) -> Self {
        let values: BTreeMap<String, String> =
            values.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        for name in values.keys() {
            assert_possible(name);
        }
        Self(Arc::new(Values { values, failure: None }))
    }

    /// Makes variables whose provider fails with `reason` whatever it is asked.
    pub fn failing(reason: impl Into<String>) -> Self {
        Self(Arc::new(Values { values: BTreeMap::new(), failure: Some(reason.into()) }))
    }
}

fn assert_possible(name: &str) {
    let possible = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    assert!(!name.is_empty() && name.bytes().all(possible), "no variable can be called {name:?}");
}

impl Variables for FixedVariables {
    async fn get(&self, name: &str) -> Result<Option<String>, VariablesError> {
        assert_possible(name);
        match &self.0.failure {
            Some(reason) => Err(VariablesError { name: name.to_owned(), reason: reason.clone() }),
            None => Ok(self.0.values.get(name).cloned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn get(variables: &FixedVariables, name: &str) -> Result<Option<String>, VariablesError> {
        variables.get(name).now_or_never().unwrap()
    }

    #[test]
    fn only_what_was_fixed_is_set_and_an_empty_value_is_a_value() {
        let variables = FixedVariables::new([("access", "anonymous"), ("policy", "")]);
        assert_eq!(get(&variables, "access").unwrap().as_deref(), Some("anonymous"));
        assert_eq!(get(&variables, "policy").unwrap().as_deref(), Some(""));
        assert_eq!(get(&variables, "products").unwrap(), None);
    }

    #[test]
    fn a_failing_provider_names_the_variable() {
        let error = get(&FixedVariables::failing("store is down"), "policy").unwrap_err();
        assert_eq!(error.to_string(), "variable policy cannot be read: store is down");
    }

    #[test]
    #[should_panic(expected = "no variable can be called \"jwks-uri\"")]
    fn a_name_that_no_host_could_have_fails_the_test() {
        let _value = get(&FixedVariables::default(), "jwks-uri");
    }
}
