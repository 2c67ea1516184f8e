use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use headgate_core::Timestamp;
use serde_json::{Map, Value, json};

use super::assertion::Assertion;
use super::config::{EntraConfig, Registration, User};
use super::refused::{Judged, refuse, refused};
use super::scopes::{Wanted, wanted};
use super::state::{Grant, State};
use super::user;
use crate::issuer::form::Form;
use crate::issuer::{Guid, Running, TokenSpec, TokenVersion};
use crate::peer::put;

/// What a grant is judged by, once the client is known.
pub(super) struct Request<'a> {
    pub(super) config: &'a EntraConfig,
    pub(super) state: &'a State,
    pub(super) issuer: &'a Running,
    pub(super) application: &'a Registration,
    pub(super) form: &'a Form,
    pub(super) endpoint: TokenVersion,
    pub(super) tenant: Tenant,
    pub(super) now: Timestamp,
}

/// The tenant of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tenant {
    Own(Guid),
    Common,
    Organizations,
    Consumers,
}

const REFRESH: Duration = Duration::from_secs(90 * 24 * 60 * 60);
const BEHALF: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

impl Request<'_> {
    /// Gives the answer with the token.
    pub(super) fn grant(&self) -> Judged<Value> {
        match self.form.require("grant_type")? {
            "client_credentials" => self.client_credentials(),
            "password" => self.password(),
            "authorization_code" => self.code(),
            "refresh_token" => self.refresh(),
            BEHALF => self.on_behalf_of(),
            _ => refuse(70_003, "The app requested an unsupported grant type."),
        }
    }

    fn client_credentials(&self) -> Judged<Value> {
        let Tenant::Own(_) = self.tenant else {
            return refuse(
                50_059,
                "No tenant-identifying information found in either the request or implied by any provided credentials.",
            );
        };
        if self.application.is_public {
            return refuse(
                7_000_218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            );
        }
        let wanted = wanted(self.config, self.form, self.endpoint, true)?;
        self.answer(&wanted, None, false)
    }

    fn password(&self) -> Judged<Value> {
        if matches!(self.tenant, Tenant::Common | Tenant::Consumers) {
            return refuse(
                9_001_023,
                "The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint.",
            );
        }
        let wanted = wanted(self.config, self.form, self.endpoint, false)?;
        let (name, password) = (self.form.require("username")?, self.form.require("password")?);
        let user = user::by_password(self.config, name, password)?;
        self.answer(&wanted, Some(user), wanted.offline)
    }

    fn code(&self) -> Judged<Value> {
        let redirect_uri = self.form.require("redirect_uri")?;
        let Some(code) = self.state.use_code(self.form.require("code")?) else {
            return refuse(70_000, "The provided value for the 'code' parameter is not valid.");
        };
        if code.is_used {
            return refuse(
                54_005,
                "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.",
            );
        }
        if code.grant.until <= self.now {
            return refuse(
                70_008,
                "The provided authorization code or refresh token has expired due to inactivity.",
            );
        }
        if code.grant.client != self.application.id || code.redirect_uri != redirect_uri {
            return refuse(
                70_000,
                "The provided authorization code was issued for another client or reply address.",
            );
        }
        match (code.challenge.as_deref(), self.form.get("code_verifier")) {
            (None, None) => {}
            (Some(challenge), Some(verifier)) if fits(verifier, challenge) => {}
            // Also one without a challenge: it was taken out of the request on its way (RFC 9700 §2.1.1).
            (_, Some(_)) => {
                return refuse(
                    501_481,
                    "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
                );
            }
            (Some(_), None) => {
                return refuse(
                    501_481,
                    "The Code_Verifier is missing and does not match the code_challenge supplied in the authorization request.",
                );
            }
        }
        self.for_user(&code.grant, code.is_offline || self.endpoint == TokenVersion::V1)
    }

    fn refresh(&self) -> Judged<Value> {
        let Some(grant) = self.state.refresh_token(self.form.require("refresh_token")?) else {
            return refuse(
                70_000,
                "The provided value for the 'refresh_token' parameter is not valid.",
            );
        };
        if grant.client != self.application.id {
            return refuse(70_000, "The refresh token was issued to another client.");
        }
        if grant.is_revoked {
            return refuse(
                50_173,
                "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
            );
        }
        if grant.until <= self.now {
            return refuse(700_082, "The refresh token has expired due to inactivity.");
        }
        self.for_user(&grant, true)
    }

    fn for_user(&self, grant: &Grant, refresh: bool) -> Judged<Value> {
        let wanted = wanted(self.config, self.form, self.endpoint, false)?;
        let user = self.config.users.iter().find(|user| user.id == grant.user);
        let user = user.ok_or_else(|| refused(50_034, "The user account does not exist."))?;
        user::in_the_way(user)?;
        self.answer(&wanted, Some(user), refresh || wanted.offline)
    }

    fn on_behalf_of(&self) -> Judged<Value> {
        if self.application.is_public {
            return refuse(
                7_000_218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            );
        }
        if self.form.require("requested_token_use")? != "on_behalf_of" {
            return refuse(9_002_313, "Invalid request: 'requested_token_use' is not supported.");
        }
        let assertion = Assertion::read(self.form.require("assertion")?);
        let assertion = assertion.filter(|it| it.fits_one_of(&self.issuer.published_keys()));
        let Some(assertion) = assertion else {
            return refuse(50_013, "Assertion failed signature validation.");
        };
        let now = self.now.as_secs();
        let begins_later = assertion.moment("nbf").is_some_and(|start| now < start);
        if begins_later || assertion.moment("exp").is_none_or(|end| end <= now) {
            return refuse(500_133, "Assertion is not within its valid time range.");
        }
        let id = self.application.id.to_string();
        let uri = self.application.identifier_uri.as_deref();
        let audience = assertion.claim("aud");
        if audience != id && Some(audience) != uri && audience != format!("api://{id}") {
            return refuse(
                50_013,
                "Assertion audience does not match the Client app presenting the assertion.",
            );
        }
        let user =
            self.config.users.iter().find(|user| user.id.to_string() == assertion.claim("oid"));
        let (false, Some(user)) = (assertion.claim("scp").is_empty(), user) else {
            return refuse(
                7_000_114,
                "Application is not allowed to make application on-behalf-of calls.",
            );
        };
        let wanted = wanted(self.config, self.form, self.endpoint, false)?;
        user::on_behalf(user)?;
        self.answer(&wanted, Some(user), wanted.offline)
    }

    fn answer(&self, wanted: &Wanted, user: Option<&User>, refresh: bool) -> Judged<Value> {
        let mut claims = Map::new();
        if let Some(user) = user {
            claims.insert("upn".to_owned(), json!(user.name));
        }
        let version = wanted.api.version;
        // By what the client proved itself: nothing, a secret, or a key (contracts §5.3).
        let proof = match (self.form.get("client_assertion"), self.application.is_public) {
            (Some(_), _) => "2",
            (None, true) => "0",
            (None, false) => "1",
        };
        let name = if version == TokenVersion::V1 { "appidacr" } else { "azpacr" };
        claims.insert(name.to_owned(), json!(proof));
        let spec = TokenSpec {
            version,
            audience: wanted.audience(),
            client: self.application.id.to_string(),
            roles: if user.is_none() { self.application.roles.clone() } else { Vec::new() },
            scopes: user.map(|_| wanted.of_user()).unwrap_or_default(),
            subject: user.map(|user| user.id.to_string()),
            expires_in: self.config.lifetime,
            claims,
            ..TokenSpec::default()
        };
        let unsigned = |_| refused(90_033, "A transient error has occurred. Please try again.");
        let token = self.issuer.mint(&spec).map_err(unsigned)?;
        let moment =
            |name: &str| Assertion::read(&token).and_then(|token| token.moment(name)).unwrap_or(0);
        let (end, start) = (moment("exp"), moment("nbf"));
        // One less than what is left, as Entra counts.
        let left = end.saturating_sub(self.now.as_secs()).saturating_sub(1);
        let mut body = match self.endpoint {
            TokenVersion::V2 => json!({
                "token_type": "Bearer", "expires_in": left, "ext_expires_in": left, "access_token": token,
            }),
            TokenVersion::V1 => json!({
                "token_type": "Bearer",
                "expires_in": left.to_string(),
                "ext_expires_in": left.to_string(),
                "expires_on": end.to_string(),
                "not_before": start.to_string(),
                "resource": wanted.identifier,
                "access_token": token,
            }),
        };
        if user.is_some() {
            let names: Vec<String> = wanted
                .of_user()
                .iter()
                .map(|name| format!("{}/{name}", wanted.identifier))
                .collect();
            put(&mut body, "scope", names.join(" "));
        }
        if let Some(user) = user.filter(|_| refresh) {
            let until = self.now.plus(REFRESH);
            let grant =
                Grant { client: self.application.id, user: user.id, is_revoked: false, until };
            put(&mut body, "refresh_token", self.state.keep_refresh_token(grant));
        }
        Ok(body)
    }
}

/// Whether a verifier is one (RFC 7636 §4.1), and the challenge is its own.
fn fits(verifier: &str, challenge: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&verifier.len())
        && verifier.bytes().all(plain)
        && URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())) == challenge
}
