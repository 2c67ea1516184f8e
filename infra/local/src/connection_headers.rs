use http::header::CONNECTION;
use http::{HeaderMap, HeaderName};

/// Removes the headers that `Connection` names: they are for this connection alone (RFC 9110 §7.6.1).
///
/// `Connection` itself never reaches a guest, which could not know these from any other.
pub(crate) fn remove_named_by_connection(headers: &mut HeaderMap) {
    let values = headers.get_all(CONNECTION).iter();
    let options = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let named: Vec<HeaderName> =
        options.filter_map(|option| HeaderName::from_bytes(option.trim_ascii()).ok()).collect();
    for name in named {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn what_connection_names_goes_and_everything_else_stays() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-One"),
            ("connection", " x-two ,, not a name,x-three"),
            ("x-one", "1"),
            ("x-one", "2"),
            ("x-two", "1"),
            ("x-three", "1"),
            ("accept", "*/*"),
        ] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        remove_named_by_connection(&mut headers);
        assert_eq!(
            headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(),
            ["connection", "accept"]
        );
    }

    #[test]
    fn without_connection_nothing_goes() {
        let mut headers = HeaderMap::new();
        headers.insert("x-one", HeaderValue::from_static("close"));
        remove_named_by_connection(&mut headers);
        assert_eq!(headers.len(), 1);
    }
}
