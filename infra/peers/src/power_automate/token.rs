use std::sync::Arc;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use headgate_core::Timestamp;
use serde_json::{Map, Value};

use crate::issuer::{Guid, Running};

/// Whose tokens Power Automate takes.
#[derive(Clone)]
pub enum Trusted {
    /// Those that this issuer signs.
    Issuer(Arc<Running>),
    /// Those that one of these JSON Web Keys signed.
    Keys(Vec<Value>),
}

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// It is none, is not signed by who is trusted, or is not of this moment.
    Invalid,
    /// Its audience, issuer, tenant or user are others.
    Claims,
}

impl Trusted {
    /// Judges a token by its signature, its times, `aud`, `iss`, `tid` and, for specific users, `oid`.
    pub(super) fn judge(
        &self,
        token: &str,
        audience: &str,
        tenant: &str,
        users: Option<&[Guid]>,
        now: Timestamp,
    ) -> Result<(), NotTaken> {
        let keys = match self {
            Self::Issuer(issuer) => issuer.published_keys(),
            Self::Keys(keys) => keys.clone(),
        };
        let claims = verified(token, &keys).ok_or(NotTaken::Invalid)?;
        let moment = |name: &str| claims.get(name).and_then(Value::as_u64);
        let is_of_now = moment("exp").is_some_and(|end| end > now.as_secs())
            && moment("nbf").is_none_or(|start| start <= now.as_secs() + 300);
        if !is_of_now {
            return Err(NotTaken::Invalid);
        }
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
        let issuer = text("iss");
        let is_issuer = issuer.ends_with(&format!("/{tenant}/"))
            || issuer.ends_with(&format!("/{tenant}/v2.0"));
        // An empty list is everybody of the tenant (contracts §3.1).
        let is_user = users.is_none_or(|users| {
            users.is_empty() || users.iter().any(|user| user.to_string() == text("oid"))
        });
        if text("aud") == audience && text("tid") == tenant && is_issuer && is_user {
            Ok(())
        } else {
            Err(NotTaken::Claims)
        }
    }
}

impl std::fmt::Debug for Trusted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Trusted(…)")
    }
}

/// The claims of a token that one of the keys signed with RS256.
fn verified(token: &str, keys: &[Value]) -> Option<Map<String, Value>> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let object = |part| serde_json::from_slice::<Map<String, Value>>(&decode(part)?).ok();
    let header = object(header)?;
    if header.get("alg").and_then(Value::as_str) != Some("RS256") {
        return None;
    }
    let key = keys.iter().find(|key| key.get("kid") == header.get("kid"))?;
    let number = |name: &str| decode(key.get(name)?.as_str()?);
    let key = RsaPublicKeyComponents { n: number("n")?, e: number("e")? };
    let signature = decode(signature)?;
    key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).ok()?;
    object(claims)
}
