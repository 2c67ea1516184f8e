//! Addresses of files below the address of a place.

use http::Uri;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::PlaceError;
use crate::file_path::FilePath;

/// The address of a file below `base`; each segment of the path is percent-encoded. `query` is put as it is behind the query that
/// the base has.
///
/// # Errors
///
/// [`PlaceError::Refused`] when both together are no address: too long, that is.
pub(crate) fn below(base: &Url, path: &FilePath, query: &str) -> Result<Uri, PlaceError> {
    let mut text = base.origin().ascii_serialization();
    text.push_str(base.path().trim_end_matches('/'));
    if !path.is_root() || base.path().ends_with('/') {
        text.push('/');
    }
    text.push_str(&path.encoded());
    let queries = [base.query().unwrap_or_default(), query];
    for (index, query) in queries.into_iter().filter(|query| !query.is_empty()).enumerate() {
        text.push(if index == 0 { '?' } else { '&' });
        text.push_str(query);
    }
    text.parse().map_err(|_| too_long())
}

/// The refusal of a file whose address no request can have.
pub(crate) fn too_long() -> PlaceError {
    PlaceError::Refused { detail: "the file's address is too long".to_owned() }
}

/// A path of a place, as the bucket, the container or the drive has it that the place's root is in.
///
/// # Errors
///
/// [`PlaceError::Refused`] when both together are too long.
pub(crate) fn below_root(root: &FilePath, path: &FilePath) -> Result<FilePath, PlaceError> {
    let refused = |_| PlaceError::Refused { detail: "the path is too long".to_owned() };
    root.join(path).map_err(refused)
}

/// A query of names and values; the names are put as they are. A name without a value stands alone.
pub(crate) fn query(members: &[(&str, &str)]) -> String {
    let member = |(name, value): &(&str, &str)| match *value {
        "" => (*name).to_owned(),
        value => format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)),
    };
    members.iter().map(member).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_put_below_the_base_and_its_query_behind() {
        for (base, path, query, address) in [
            ("https://a.example", "b c/ü.txt", "", "https://a.example/b%20c/%C3%BC.txt"),
            ("https://a.example:8443/x/", "b", "c=d", "https://a.example:8443/x/b?c=d"),
            ("https://a.example:443/x?sig=1", "b", "c=d", "https://a.example/x/b?sig=1&c=d"),
            ("https://a.example/x", "", "c", "https://a.example/x?c"),
            ("https://a.example/x/", "", "", "https://a.example/x/"),
        ] {
            let base = Url::parse(base).unwrap();
            let found = below(&base, &FilePath::new(path).unwrap(), query).unwrap();
            assert_eq!(found.to_string(), address);
        }
    }

    #[test]
    fn a_query_is_encoded() {
        assert_eq!(query(&[("uploads", ""), ("prefix", "a b/&")]), "uploads&prefix=a%20b%2F%26");
    }
}
