use std::fmt;

use zeroize::Zeroizing;

use crate::{Variables, VariablesError};

/// A value that no log, error or response shows, and whose memory is overwritten once it is dropped.
///
/// What it was made from is not: give it the only copy.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the value in.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(Zeroizing::new(value.into()))
    }

    /// Gives the value out: at the place of use only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// Why a `${secret:NAME}` could not be put in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// There is no such variable.
    #[error("secret {name} is not set: set the variable {} of the function", variable_name(name))]
    Unset {
        /// The name as the document has it.
        name: String,
    },
    /// The reference has no closing brace.
    #[error("a ${{secret:…}} reference is not closed")]
    Unclosed,
    /// The host's provider failed.
    #[error(transparent)]
    Provider(#[from] VariablesError),
}

const OPENING: &str = "${secret:";

/// Replaces every `${secret:NAME}` in `text` by the variable of that name.
///
/// `NAME` is matched without regard to case, and `-` and `.` in it stand for `_`: `${secret:Signing-Key}` is the Spin
/// variable `signing_key` and the environment variable `HEADGATE_SIGNING_KEY`. What is put in is not expanded again.
///
/// # Errors
///
/// [`SecretError`], which names the reference and never a value.
pub async fn expand_secrets(text: &str, variables: &impl Variables) -> Result<String, SecretError> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from_name)) = rest.split_once(OPENING) {
        let (name, after) = from_name.split_once('}').ok_or(SecretError::Unclosed)?;
        let value = variables
            .get(&variable_name(name))
            .await?
            .ok_or_else(|| SecretError::Unset { name: name.to_owned() })?;
        expanded.push_str(before);
        expanded.push_str(&value);
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

fn variable_name(name: &str) -> String {
    name.chars()
        .map(|character| match character {
            '-' | '.' => '_',
            other => other.to_ascii_lowercase(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    struct OneVariable(&'static str, &'static str);

    impl Variables for OneVariable {
        async fn get(&self, name: &str) -> Result<Option<String>, VariablesError> {
            Ok((name == self.0).then(|| self.1.to_owned()))
        }
    }

    fn expand(text: &str) -> Result<String, SecretError> {
        let variables = OneVariable("signing_key", "s3cret ${secret:signing-key}");
        expand_secrets(text, &variables).now_or_never().expect("the fake answers at once")
    }

    #[test]
    fn a_reference_is_replaced_once_and_its_value_is_not_expanded_again() {
        assert_eq!(
            expand("a ${secret:Signing-Key} b").unwrap(),
            "a s3cret ${secret:signing-key} b"
        );
    }

    #[test]
    fn a_secret_that_is_not_set_is_named_with_its_variable() {
        let error = expand("${secret:Other.Key}").unwrap_err();
        assert_eq!(
            error.to_string(),
            "secret Other.Key is not set: set the variable other_key of the function"
        );
    }

    #[test]
    fn an_unclosed_reference_is_refused() {
        assert_eq!(expand("${secret:signing-key").unwrap_err(), SecretError::Unclosed);
    }

    #[test]
    fn a_secret_does_not_show_in_debug() {
        assert!(!format!("{:?}", Secret::new("hunter2")).contains("hunter2"));
    }

    #[test]
    fn a_secret_overwrites_its_memory_when_it_is_dropped_and_a_clone_has_its_own() {
        // What is zeroed cannot be looked at afterwards: that it will be is a property of the type.
        fn is_zeroed_on_drop(_: &impl zeroize::ZeroizeOnDrop) {}
        let secret = Secret::new("hunter2");
        is_zeroed_on_drop(&secret.0);
        let clone = secret.clone();
        drop(secret);
        assert_eq!(clone.expose(), "hunter2");
    }
}
