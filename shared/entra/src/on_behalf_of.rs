use headgate_core::Secret;

use crate::form::Form;

/// Exchanges a caller's token, which was issued for this application, for one of an API behind it (contracts §5.4). The
/// client's proof and the scope are still to be put in.
pub(crate) fn form(caller: &Secret) -> Form {
    Form::new()
        .with("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
        .with("assertion", caller.expose())
        .with("requested_token_use", "on_behalf_of")
}
