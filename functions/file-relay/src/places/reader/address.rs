use headgate_events::Endpoint;
use headgate_events::document::{DocumentError, DocumentErrorKind};
use headgate_proxy::{escapes, has_private_address};
use url::Url;

use super::values::Keys;

/// Whether an address may have a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Query {
    Kept,
    Refused,
}

/// Reads an address: over https, or over http to this machine itself; with `private-network`, over http and to private
/// addresses as well.
pub(super) fn read(
    keys: &Keys<'_>,
    key: &str,
    text: &str,
    query: Query,
) -> Result<Url, DocumentError> {
    let wrong = |kind| keys.fields.wrong(key, kind);
    let private_network = keys.private_network()?;
    let endpoint = match private_network {
        true => Endpoint::parse_internal(text),
        false => Endpoint::parse(text),
    };
    let endpoint = endpoint.map_err(wrong)?;
    let expected = match query {
        Query::Kept => "an absolute https address",
        Query::Refused => "an absolute https address without a query",
    };
    let malformed = || wrong(DocumentErrorKind::Malformed { expected });
    let url = Url::parse(text).map_err(|_| malformed())?;
    // What the one parser takes for the host is what the other takes for it.
    let is_same = endpoint
        .uri()
        .host()
        .is_some_and(|host| url.host_str().is_some_and(|other| other.eq_ignore_ascii_case(host)));
    let has_query = url.query().is_some() && query == Query::Refused;
    if !is_same || has_query || escapes(url.path()) {
        return Err(malformed());
    }
    if !private_network && has_private_address(&url) {
        let reason = "has a private address: say private-network = true if that is meant";
        return Err(wrong(DocumentErrorKind::Conflict { reason }));
    }
    Ok(url)
}
