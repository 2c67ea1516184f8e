use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use headgate_core::{Random, Secret};
use sha2::{Digest, Sha256};

use crate::Scope;
use crate::application::Application;
use crate::form::Form;

/// Asks Entra for a refresh token besides.
pub(crate) const OFFLINE: &str = "offline_access";

/// An authorization code's proof key (RFC 7636): who redeems the code is who began.
#[derive(Debug)]
pub(crate) struct Verifier(Secret);

impl Verifier {
    pub(crate) fn new(random: &impl Random) -> Self {
        Self(random_text(random))
    }

    pub(crate) fn kept(text: String) -> Self {
        Self(Secret::new(text))
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The `S256` challenge (RFC 7636 §4.2).
    fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.expose()))
    }
}

/// 256 random bits, as 43 characters that need no encoding.
pub(crate) fn random_text(random: &impl Random) -> Secret {
    let mut bytes = zeroize::Zeroizing::new([0; 32]);
    random.fill(&mut *bytes);
    Secret::new(URL_SAFE_NO_PAD.encode(*bytes))
}

/// Where the browser is sent (contracts §5.4, authorization code with PKCE). The person chooses the account: nobody acts
/// for an account by chance that the browser is signed in to.
pub(crate) fn authorize_url(
    application: &Application,
    redirect_uri: &str,
    scope: &Scope,
    state: &Secret,
    verifier: &Verifier,
) -> String {
    let query = Form::new()
        .with("client_id", &application.client_id)
        .with("response_type", "code")
        .with("redirect_uri", redirect_uri)
        .with("response_mode", "query")
        .with("prompt", "select_account")
        .with("scope", &format!("{scope} {OFFLINE}"))
        .with("state", state.expose())
        .with("code_challenge", &verifier.challenge())
        .with("code_challenge_method", "S256");
    format!("{}?{}", application.authorize_url(), query.as_str())
}

/// Redeems a code; the client's proof and the scope are still to be put in.
pub(crate) fn code_form(code: &Secret, redirect_uri: &str, verifier: &Verifier) -> Form {
    Form::new()
        .with("grant_type", "authorization_code")
        .with("code", code.expose())
        .with("redirect_uri", redirect_uri)
        .with("code_verifier", verifier.expose())
}

/// Redeems a refresh token; the client's proof and the scope are still to be put in.
pub(crate) fn refresh_form(refresh_token: &Secret) -> Form {
    Form::new().with("grant_type", "refresh_token").with("refresh_token", refresh_token.expose())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_rfc_7636_appendix_b() {
        let verifier = Verifier::kept("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned());
        assert_eq!(verifier.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(!format!("{verifier:?}").contains("dBjft"));
    }
}
