use http::header::AUTHORIZATION;

use super::attributes::{header_name, optional};
use crate::policy::error::{PolicyError, PolicyErrorKind};
use crate::policy::model::TokenSource;
use crate::policy::node::Node;

const NAMES: [&str; 3] = ["header-name", "query-parameter-name", "token-value"];

/// The one of `header-name`, `query-parameter-name` and `token-value` that is given; `None` when none is.
pub(super) fn read(node: &Node) -> Result<Option<TokenSource>, PolicyError> {
    let [header, query, value] = NAMES;
    let (header, query, value) =
        (optional(node, header)?, optional(node, query)?, optional(node, value)?);
    match (header, query, value) {
        (None, None, None) => Ok(None),
        (Some(found), None, None) => {
            Ok(Some(TokenSource::Header(header_name(found, "header-name")?)))
        }
        (None, Some(found), None) => Ok(Some(TokenSource::Query(found.value.clone()))),
        (None, None, Some(found)) if found.value.contains(char::is_whitespace) => {
            Err(PolicyErrorKind::TokenValueWithScheme.at(found.position))
        }
        (None, None, Some(found)) => Ok(Some(TokenSource::Value(found.value.clone()))),
        _ => {
            // The second of them is the one too many.
            let mut given = node.attributes.iter().filter(|found| NAMES.contains(&&*found.name));
            let second = given.nth(1).map_or(node.position, |found| found.position);
            Err(PolicyErrorKind::TokenSourceTwice.at(second))
        }
    }
}

/// What `validate-azure-ad-token` reads when it names no source.
pub(super) fn authorization() -> TokenSource {
    TokenSource::Header(AUTHORIZATION)
}
