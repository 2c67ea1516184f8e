//! The header fields of requests.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::PlaceError;

/// A header field of a request.
pub(crate) type Field<'a> = (HeaderName, &'a str);

/// Puts fields into the headers of a request, each in the place of those of its name.
///
/// # Errors
///
/// [`PlaceError::Refused`] when a value is none that a header may have.
pub(crate) fn set(headers: &mut HeaderMap, fields: &[Field<'_>]) -> Result<(), PlaceError> {
    for (name, value) in fields {
        let refused = |_| PlaceError::Refused { detail: format!("{name} cannot be sent") };
        headers.insert(name, HeaderValue::try_from(*value).map_err(refused)?);
    }
    Ok(())
}
