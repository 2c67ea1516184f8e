use std::sync::Arc;

use headgate_core::Secret;
use headgate_events::SigningSecret;
use headgate_events::document::{DocumentError, DocumentErrorKind, Fields, Position, Table};
use http::HeaderName;

use super::required::Required;
use super::shared_secret::{SecretPlace, SharedSecret};
use super::token::TokenCheck;

/// The checks that there are.
pub(super) const KNOWN: [&str; 4] = ["subscriptions", "signature", "shared-secret", "token"];

/// The shortest shared secret, in bytes.
const SHORTEST_SECRET: usize = 16;

/// Reads the checks of a document whose references are put in.
pub(super) fn read(
    root: &Table,
    token: Option<Arc<TokenCheck>>,
) -> Result<Required, DocumentError> {
    let fields = Fields::of(root, "", Position::START, &KNOWN)?;
    let required = Required {
        subscriptions: subscriptions(&fields)?,
        signature: signature(&fields)?,
        shared_secret: shared_secret(&fields)?,
        token,
    };
    let is_empty = required.subscriptions.is_empty() && required.signature.is_empty();
    if is_empty && required.shared_secret.is_none() && required.token.is_none() {
        let choices =
            "subscriptions, signature, shared-secret and token; to check nothing, say none";
        return Err(fields.wrong_table(DocumentErrorKind::NoneOf { choices }));
    }
    Ok(required)
}

fn subscriptions(fields: &Fields<'_>) -> Result<Vec<String>, DocumentError> {
    let names = fields.texts("subscriptions")?;
    Ok(names.into_iter().map(str::to_owned).collect())
}

fn signature(fields: &Fields<'_>) -> Result<Vec<SigningSecret>, DocumentError> {
    let Some(fields) = fields.table("signature", &["secret"])? else { return Ok(Vec::new()) };
    let secrets = fields.texts("secret")?;
    if secrets.is_empty() {
        return Err(fields.wrong("secret", DocumentErrorKind::Missing));
    }
    let expected = "whsec_ and base64 of 24 to 64 bytes";
    let secret = |text| {
        SigningSecret::parse(text)
            .ok_or_else(|| fields.wrong("secret", DocumentErrorKind::Malformed { expected }))
    };
    secrets.into_iter().map(secret).collect()
}

fn shared_secret(fields: &Fields<'_>) -> Result<Option<SharedSecret>, DocumentError> {
    let Some(fields) = fields.table("shared-secret", &["header", "query", "value"])? else {
        return Ok(None);
    };
    let place = match (fields.text("header")?, fields.text("query")?) {
        (Some(_), Some(_)) => {
            return Err(fields.wrong("header", DocumentErrorKind::Excluded { other: "query" }));
        }
        (None, None) => {
            let choices = "header and query";
            return Err(fields.wrong_table(DocumentErrorKind::NoneOf { choices }));
        }
        (Some(header), None) => {
            let expected = "a header's name";
            let wrong = || fields.wrong("header", DocumentErrorKind::Malformed { expected });
            SecretPlace::Header(HeaderName::try_from(header).map_err(|_| wrong())?)
        }
        (None, Some(query)) => SecretPlace::Query(parameter(&fields, query)?),
    };
    let values = fields.texts("value")?;
    if values.is_empty() {
        return Err(fields.wrong("value", DocumentErrorKind::Missing));
    }
    if values.iter().any(|value| value.len() < SHORTEST_SECRET) {
        let expected = "a secret of at least 16 characters";
        return Err(fields.wrong("value", DocumentErrorKind::Malformed { expected }));
    }
    let secrets: Vec<_> = values.into_iter().map(Secret::new).collect();
    Ok(Some(SharedSecret::new(place, &secrets)))
}

/// A parameter's name that stands in a query as it is.
fn parameter(fields: &Fields<'_>, name: &str) -> Result<String, DocumentError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    if name.bytes().all(allowed) {
        return Ok(name.to_owned());
    }
    let expected = "letters, digits, -, _, . and ~";
    Err(fields.wrong("query", DocumentErrorKind::Malformed { expected }))
}
