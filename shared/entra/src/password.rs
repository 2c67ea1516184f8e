use headgate_core::Secret;

use crate::form::Form;

/// A user's name and password, sent to Entra itself (contracts §5.4, ROPC). It knows no multi-factor authentication and no
/// federated user; Entra's answer then says so, and the error in words.
#[derive(Debug)]
pub(crate) struct Password {
    pub(crate) username: String,
    pub(crate) password: Secret,
}

impl Password {
    pub(crate) fn form(&self) -> Form {
        Form::new()
            .with("grant_type", "password")
            .with("username", &self.username)
            .with("password", self.password.expose())
    }
}
