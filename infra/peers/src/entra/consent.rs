use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::refused::{Judged, refuse, refused};
use super::scopes;
use super::service::{Entra, tenant_of};
use super::state::{Code, Grant};
use super::user;
use crate::issuer::Guid;
use crate::peer::Asked;

/// How long a code waits (contracts §5.4).
const CODE: Duration = Duration::from_secs(10 * 60);

impl Entra {
    /// The consent page: the first user consents at once, and the browser is sent back (contracts §5.4).
    ///
    /// What is wrong with the client or the address is said here; everything else is said to the address.
    pub(super) fn authorize(&self, tenant: &str, asked: &Asked) -> Judged<String> {
        tenant_of(tenant)?;
        let query = asked.query();
        let get = |name: &str| {
            let found = query.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
        };
        let id = get("client_id").and_then(|id| id.parse::<Guid>().ok());
        let application =
            self.config.applications.iter().find(|application| Some(application.id) == id);
        let unknown = || refused(700_016, "Application was not found in the directory.");
        let application = application.ok_or_else(unknown)?;
        let redirect_uri = get("redirect_uri")
            .filter(|uri| application.redirect_uris.iter().any(|known| known == uri))
            .ok_or_else(|| refused(50_011, "The redirect URI specified in the request does not match the redirect URIs configured for the application."))?;
        let coded = self.code(application.id, redirect_uri, &get);
        let mut back = redirect_uri.to_owned();
        let mut joint = if back.contains('?') { '&' } else { '?' };
        let mut put = |name: &str, value: &str| {
            back.push(joint);
            back.push_str(&format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
            joint = '&';
        };
        match coded {
            Ok(code) => put("code", &code),
            Err(refusal) => {
                put("error", refusal.error());
                let number = refusal.code().map(|code| format!("AADSTS{code}"));
                put("error_description", &number.unwrap_or_default());
            }
        }
        if let Some(state) = get("state") {
            put("state", state);
        }
        Ok(back)
    }

    fn code<'q>(
        &self,
        client: Guid,
        redirect_uri: &str,
        get: &impl Fn(&str) -> Option<&'q str>,
    ) -> Judged<String> {
        if get("response_type") != Some("code")
            || !matches!(get("response_mode"), None | Some("query"))
        {
            return refuse(
                9_002_313,
                "Invalid request: response_type or response_mode is not supported.",
            );
        }
        if !matches!(get("prompt"), None | Some("login" | "none" | "consent" | "select_account")) {
            return refuse(9_002_313, "Invalid request: 'prompt' is not supported.");
        }
        let missing =
            || refused(900_144, "The request must contain the following parameter: 'scope'.");
        let wanted = scopes::read(&self.config, get("scope").ok_or_else(missing)?, false)?;
        let challenge = match (get("code_challenge"), get("code_challenge_method")) {
            (None, None) => None,
            (Some(challenge), Some("S256")) if is_challenge(challenge) => {
                Some(challenge.to_owned())
            }
            _ => return refuse(9_002_313, "Invalid request: the code challenge is malformed."),
        };
        let user = self.config.users.first();
        let user = user.ok_or_else(|| {
            refused(50_058, "A silent sign-in request was sent but no user is signed in.")
        })?;
        user::in_the_way(user)?;
        let until = self.config.clock.now().plus(CODE);
        let grant = Grant { client, user: user.id, is_revoked: false, until };
        let redirect_uri = redirect_uri.to_owned();
        let is_offline = wanted.offline;
        Ok(self.state.keep_code(Code {
            grant,
            redirect_uri,
            challenge,
            is_offline,
            is_used: false,
        }))
    }
}

/// A SHA-256 digest in base64url (RFC 7636 §4.2).
fn is_challenge(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|digest| digest.len() == 32)
}
