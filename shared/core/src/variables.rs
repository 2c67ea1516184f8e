use std::future::Future;

/// The function's configuration by name: lower-case letters, digits and underscores.
///
/// The variable `jwks_uri` is the Spin variable `jwks_uri`, and the environment variable `HEADGATE_JWKS_URI`.
///
/// An implementor answers the same for the lifetime of an instance, and treats an empty value as a value.
pub trait Variables: Send + Sync {
    /// Gives the variable's value; `None` when it is not set.
    ///
    /// # Errors
    ///
    /// [`VariablesError`] when the host's provider fails.
    fn get(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Option<String>, VariablesError>> + Send;

    /// Gives the variable's value without the white space around it; `None` when it is not set or blank.
    ///
    /// # Errors
    ///
    /// [`VariablesError`] when the host's provider fails.
    fn text(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Option<String>, VariablesError>> + Send {
        async move {
            let value = self.get(name).await?;
            Ok(value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()))
        }
    }
}

/// Why a variable could not be looked up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("variable {name} cannot be read: {reason}")]
pub struct VariablesError {
    /// The variable's name.
    pub name: String,
    /// What the provider says; never the value.
    pub reason: String,
}
