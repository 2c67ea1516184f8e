use headgate_core::Secret;

use crate::form::Form;

/// A text that the application and Entra both know (contracts §5.4).
#[derive(Debug)]
pub(crate) struct ClientSecret(Secret);

impl ClientSecret {
    pub(crate) const fn new(secret: Secret) -> Self {
        Self(secret)
    }

    pub(crate) fn put(&self, form: &mut Form) {
        form.put("client_secret", self.0.expose());
    }
}
