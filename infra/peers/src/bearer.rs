use std::sync::Arc;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use headgate_core::Timestamp;
use serde_json::{Map, Value};

use crate::dataverse::get_json;
use crate::issuer::{DEFAULT_TENANT, Running};
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

/// An issuer's keys could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the keys of {0} cannot be read: start headgate-clouds first")]
pub struct KeysUnreadable(String);

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
    /// Takes the tokens of the issuer at this address of this machine: the keys that its metadata lead to, as they are at this
    /// moment.
    ///
    /// # Errors
    ///
    /// [`KeysUnreadable`].
    pub async fn published_at(issuer: &str) -> Result<Self, KeysUnreadable> {
        let keys = async {
            let metadata = format!("{issuer}/{DEFAULT_TENANT}/.well-known/openid-configuration");
            let metadata = get_json(&metadata).await?;
            let mut set = get_json(metadata.get("jwks_uri")?.as_str()?).await?;
            match set.get_mut("keys").map(Value::take) {
                Some(Value::Array(keys)) => Some(keys),
                _ => None,
            }
        };
        keys.await.map(Self::Keys).ok_or_else(|| KeysUnreadable(issuer.to_owned()))
    }

    /// Whether a request has a token for this audience: signed, of this moment, and for nobody else.
    #[must_use]
    pub fn admit(&self, asked: &Asked, audience: &str, now: Timestamp) -> bool {
        let token = asked.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        match (token, self) {
            (None, _) => false,
            (Some(token), Self::Exactly(expected)) => token == expected,
            (Some(token), Self::Issuer(_) | Self::Keys(_)) => {
                let claims = self.claims(token, now).unwrap_or_default();
                claims.get("aud").and_then(Value::as_str) == Some(audience)
            }
        }
    }

    /// The claims of a token that is signed by who is trusted and is of this moment; none of [`Exactly`](Self::Exactly) has
    /// any.
    pub(crate) fn claims(&self, token: &str, now: Timestamp) -> Option<Map<String, Value>> {
        let claims = match self {
            Self::Exactly(_) => return None,
            Self::Issuer(issuer) => verified(token, &issuer.published_keys())?,
            Self::Keys(keys) => verified(token, keys)?,
        };
        let expires = claims.get("exp").and_then(Value::as_u64)?;
        // A token of another machine may be a few seconds younger than this clock believes.
        let has_begun = match claims.get("nbf") {
            None => true,
            Some(begins) => begins.as_u64()? <= now.as_secs() + 300,
        };
        (expires > now.as_secs() && has_begun).then_some(claims)
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
