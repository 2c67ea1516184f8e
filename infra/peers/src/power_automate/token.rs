use headgate_core::Timestamp;
use serde_json::Value;

pub use crate::bearer::Bearers as Trusted;
use crate::issuer::Guid;

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
        let claims = self.claims(token, now).ok_or(NotTaken::Invalid)?;
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
