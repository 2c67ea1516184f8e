use headgate_events::document::{Content, DocumentError, DocumentErrorKind, Entry};
use http::{HeaderName, HeaderValue};

use super::address::{self, Query};
use super::values::Keys;
use crate::place::http::{HttpAuthorization, HttpSettings, WriteMethod};
use crate::place::webdav::WebDavSettings;

/// What says where a request's content begins and ends, or whose it is: the place's own.
const NEVER: [&str; 17] = [
    "authorization",
    "connection",
    "content-length",
    "content-range",
    "content-type",
    "expect",
    "host",
    "if-match",
    "if-none-match",
    "if-range",
    "keep-alive",
    "proxy-authorization",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

pub(super) fn read(keys: &Keys<'_>) -> Result<HttpSettings, DocumentError> {
    let methods =
        [("put", WriteMethod::Put), ("post", WriteMethod::Post), ("patch", WriteMethod::Patch)];
    let url = keys.fields.required_text("url")?;
    Ok(HttpSettings {
        url: address::read(keys, "url", url, Query::Kept)?,
        private_network: keys.private_network()?,
        method: keys.fields.choice("method", &methods, "put, post or patch")?.unwrap_or_default(),
        chunked: keys.boolean("chunked", true)?,
        headers: headers(keys)?,
        authorization: authorization(keys)?,
    })
}

pub(super) fn webdav(keys: &Keys<'_>) -> Result<WebDavSettings, DocumentError> {
    let url = keys.fields.required_text("url")?;
    Ok(WebDavSettings {
        url: address::read(keys, "url", url, Query::Refused)?,
        root: keys.root()?,
        private_network: keys.private_network()?,
        chunked: keys.boolean("chunked", true)?,
        authorization: authorization(keys)?,
    })
}

fn authorization(keys: &Keys<'_>) -> Result<HttpAuthorization, DocumentError> {
    let found = keys.one_of(["user", "credential"])?;
    for (key, of) in [("password", "user"), ("scope", "credential"), ("resource", "credential")] {
        if keys.fields.get(key).is_some() && found != Some(of) {
            let reason = "belongs to a user or a credential, which is missing";
            return Err(keys.conflict(key, reason));
        }
    }
    match found {
        None => Ok(HttpAuthorization::None),
        Some("user") => {
            let user = keys.text("user")?;
            if user.contains(|character: char| character == ':' || character.is_control()) {
                return Err(keys.malformed("user", "a name without a colon"));
            }
            let password = keys.required_secret("password")?;
            Ok(HttpAuthorization::Basic { user, password })
        }
        Some(_) => {
            let (credential, scope) = (keys.credential()?, keys.scope(None)?);
            Ok(HttpAuthorization::Bearer { credential, scope })
        }
    }
}

fn headers(keys: &Keys<'_>) -> Result<Vec<(HeaderName, HeaderValue)>, DocumentError> {
    let wrong = |kind| keys.fields.wrong("headers", kind);
    let table = match keys.fields.get("headers").map(|value| &value.content) {
        None => return Ok(Vec::new()),
        Some(Content::Table(table)) => table,
        Some(_) => {
            let expected = "a table of names and texts";
            return Err(wrong(DocumentErrorKind::WrongType { expected }));
        }
    };
    let one = |entry: &Entry| {
        let expected = "names of headers with texts, and none that the place sets by itself";
        let malformed = || wrong(DocumentErrorKind::Malformed { expected });
        let Content::Text(text) = &entry.value.content else { return Err(malformed()) };
        let name = HeaderName::try_from(entry.key.as_str()).map_err(|_| malformed())?;
        if NEVER.contains(&name.as_str()) {
            return Err(malformed());
        }
        let mut value = HeaderValue::try_from(text.as_str()).map_err(|_| malformed())?;
        // It may be a key.
        value.set_sensitive(true);
        Ok((name, value))
    };
    table.entries.iter().map(one).collect()
}
