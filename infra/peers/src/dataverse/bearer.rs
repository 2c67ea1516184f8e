use std::sync::Arc;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use headgate_core::Timestamp;
use serde_json::{Map, Value};

use crate::issuer::Running;
use crate::peer::Asked;

/// Whose tokens an API takes.
#[derive(Clone)]
pub enum Bearers {
    /// Those that this issuer signs.
    Issuer(Arc<Running>),
    /// Those that one of these JSON Web Keys signed.
    Keys(Vec<Value>),
    /// This one, for tests without an issuer.
    Exactly(String),
}

impl std::fmt::Debug for Bearers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Issuer(_) => "Issuer(…)",
            Self::Keys(_) => "Keys(…)",
            Self::Exactly(_) => "Exactly(…)",
        })
    }
}

impl Bearers {
    /// Whether a request has a token for this audience: signed, of this moment, and for nobody else.
    #[must_use]
    pub fn admit(&self, asked: &Asked, audience: &str, now: Timestamp) -> bool {
        let token = asked.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let Some(token) = token else { return false };
        let keys = match self {
            Self::Exactly(expected) => return token == expected,
            Self::Issuer(issuer) => issuer.published_keys(),
            Self::Keys(keys) => keys.clone(),
        };
        let Some(claims) = verified(token, &keys) else { return false };
        let moment = |name: &str| claims.get(name).and_then(Value::as_u64);
        claims.get("aud").and_then(Value::as_str) == Some(audience)
            && moment("exp").is_some_and(|expires| expires > now.as_secs())
            // A token of another machine may be a few seconds younger than this clock believes.
            && moment("nbf").is_none_or(|begins| begins <= now.as_secs() + 300)
    }
}

/// The claims of a token that one of the keys signed with RS256.
fn verified(token: &str, keys: &[Value]) -> Option<Map<String, Value>> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let object = |part| serde_json::from_slice::<Map<String, Value>>(&decode(part)?).ok();
    let (header, signature) = (object(header)?, decode(signature)?);
    if header.get("alg")? != "RS256" {
        return None;
    }
    let kid = header.get("kid")?;
    let key = keys.iter().find(|key| key.get("kid") == Some(kid))?;
    let number = |name: &str| decode(key.get(name)?.as_str()?);
    let key = RsaPublicKeyComponents { n: number("n")?, e: number("e")? };
    key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).ok()?;
    object(claims)
}
