use std::time::Duration;

use headgate_core::Timestamp;
use serde_json::{Map, Value, json};

use super::{Algorithm, DEFAULT_API_CLIENT_ID, DEFAULT_CLIENT_ID, Guid, TokenVersion, defaults};

/// What a token says.
///
/// The default is what the default client gets for the default API: an application's token of version 2, without roles.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenSpec {
    /// The tenant.
    pub tenant: Guid,
    /// The version, which decides the claims' names and the issuer.
    pub version: TokenVersion,
    /// `aud`.
    pub audience: String,
    /// `azp` (v2) or `appid` (v1).
    pub client: String,
    /// `roles`; left out when there are none, as Entra does.
    pub roles: Vec<String>,
    /// `scp`; when there are any, the token is a user's.
    pub scopes: Vec<String>,
    /// `sub` and `oid`; without it they are derived from the client.
    pub subject: Option<String>,
    /// Seconds from now to `exp`, negative for a token that has expired; without it, 60 to 90 minutes at random as
    /// Entra chooses.
    pub expires_in: Option<i64>,
    /// What it is signed with.
    pub algorithm: Algorithm,
    /// Claims that are put in last, over those above; `null` takes a claim away.
    pub claims: Map<String, Value>,
}

impl Default for TokenSpec {
    fn default() -> Self {
        Self {
            tenant: defaults::TENANT,
            version: TokenVersion::V2,
            audience: DEFAULT_API_CLIENT_ID.to_owned(),
            client: DEFAULT_CLIENT_ID.to_owned(),
            roles: Vec::new(),
            scopes: Vec::new(),
            subject: None,
            expires_in: None,
            algorithm: Algorithm::default(),
            claims: Map::new(),
        }
    }
}

/// What of a token is made anew each time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Issuance {
    pub(super) now: Timestamp,
    /// Used when the token's description says nothing of its end.
    pub(super) lifetime: Duration,
    pub(super) token_id: Guid,
}

/// How long before its end a token that has already expired was issued.
const LIFETIME_OF_EXPIRED: i64 = 3_600;

/// The claims of an access token (contracts §5.3).
pub(super) fn claims(spec: &TokenSpec, base_url: &str, issuance: Issuance) -> Map<String, Value> {
    let now = i64::try_from(issuance.now.as_secs()).unwrap_or(i64::MAX);
    let random = i64::try_from(issuance.lifetime.as_secs()).unwrap_or(i64::MAX);
    let expires = now.saturating_add(spec.expires_in.unwrap_or(random));
    let issued = now.min(expires.saturating_sub(1)).min(match spec.expires_in {
        Some(seconds) if seconds <= 0 => expires.saturating_sub(LIFETIME_OF_EXPIRED),
        _ => now,
    });
    let subject = spec.subject.clone().unwrap_or_else(|| {
        Guid::derived_from(&format!("principal of {}", spec.client)).to_string()
    });

    let mut claims = Map::new();
    let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    let issuer = spec.version.issuer(base_url, &spec.tenant);
    put("aud", json!(spec.audience));
    put("iss", json!(issuer));
    put("iat", json!(issued));
    put("nbf", json!(issued));
    put("exp", json!(expires));
    match spec.version {
        TokenVersion::V1 => {
            put("appid", json!(spec.client));
            put("appidacr", json!("1"));
            put("idp", json!(issuer));
        }
        TokenVersion::V2 => {
            put("azp", json!(spec.client));
            put("azpacr", json!("1"));
        }
    }
    put("oid", json!(subject));
    if !spec.roles.is_empty() {
        put("roles", json!(spec.roles));
    }
    if !spec.scopes.is_empty() {
        put("scp", json!(spec.scopes.join(" ")));
    }
    put("sub", json!(subject));
    put("tid", json!(spec.tenant.to_string()));
    put("uti", json!(issuance.token_id.to_string()));
    put("ver", json!(spec.version.claim()));
    for (name, value) in &spec.claims {
        match value {
            Value::Null => claims.remove(name),
            value => claims.insert(name.clone(), value.clone()),
        };
    }
    claims
}

/// The header of an access token: `x5t` is v1's alone (contracts §5.3).
pub(super) fn header(version: TokenVersion, algorithm: Algorithm, kid: &str) -> Value {
    match version {
        TokenVersion::V1 => {
            json!({ "typ": "JWT", "alg": algorithm.as_str(), "x5t": kid, "kid": kid })
        }
        TokenVersion::V2 => json!({ "typ": "JWT", "alg": algorithm.as_str(), "kid": kid }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn made(spec: &TokenSpec) -> Map<String, Value> {
        let issuance = Issuance {
            now: Timestamp::from_secs(NOW),
            lifetime: Duration::from_secs(4_000),
            token_id: Guid::from_u128(9),
        };
        claims(spec, "http://127.0.0.1:3001", issuance)
    }

    #[test]
    fn a_v2_token_names_its_client_azp_and_a_v1_token_appid() {
        let v2 = made(&TokenSpec::default());
        assert_eq!(v2["azp"], DEFAULT_CLIENT_ID);
        assert_eq!(v2["ver"], "2.0");
        assert!(!v2.contains_key("appid") && !v2.contains_key("roles") && !v2.contains_key("scp"));
        assert!(v2["iss"].as_str().unwrap().ends_with("/v2.0"));
        let v1 = made(&TokenSpec { version: TokenVersion::V1, ..TokenSpec::default() });
        assert_eq!(v1["appid"], DEFAULT_CLIENT_ID);
        assert_eq!(v1["ver"], "1.0");
        assert!(!v1.contains_key("azp"));
        assert!(v1["iss"].as_str().unwrap().ends_with('/'));
    }

    #[test]
    fn roles_are_an_array_and_scopes_one_text() {
        let spec = TokenSpec {
            roles: vec!["Orders.Read".into(), "Orders.Write".into()],
            scopes: vec!["read".into(), "write".into()],
            ..TokenSpec::default()
        };
        assert_eq!(made(&spec)["roles"], json!(["Orders.Read", "Orders.Write"]));
        assert_eq!(made(&spec)["scp"], "read write");
    }

    #[test]
    fn a_token_lasts_as_long_as_asked_and_otherwise_as_long_as_was_drawn() {
        assert_eq!(made(&TokenSpec::default())["exp"], NOW + 4_000);
        let spec = TokenSpec { expires_in: Some(60), ..TokenSpec::default() };
        assert_eq!(made(&spec)["exp"], NOW + 60);
        assert_eq!(made(&spec)["nbf"], NOW);
    }

    #[test]
    fn an_expired_token_was_issued_before_it_expired() {
        let spec = TokenSpec { expires_in: Some(-60), ..TokenSpec::default() };
        assert_eq!(made(&spec)["exp"], NOW - 60);
        assert_eq!(made(&spec)["iat"], NOW - 3_660);
    }

    #[test]
    fn an_extra_claim_replaces_and_null_removes() {
        let spec = TokenSpec {
            claims: Map::from_iter([
                ("exp".to_owned(), Value::Null),
                ("aud".to_owned(), json!(["a", "b"])),
            ]),
            ..TokenSpec::default()
        };
        assert!(!made(&spec).contains_key("exp"));
        assert_eq!(made(&spec)["aud"], json!(["a", "b"]));
    }
}
