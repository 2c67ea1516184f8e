use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderName, Uri};
use url::Url;

/// What a browser says of the page that sends a request (W3C Fetch Metadata).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a browser says that a page of this function's own origin sends the request.
///
/// Every browser of today says it by `Sec-Fetch-Site` over https and on loopback, and sends `Origin` with a `POST`; a page
/// elsewhere can set neither. Where `public_url` is not known, the origin's host is compared with the request's.
pub(crate) fn is_same_origin(parts: &Parts, public_url: Option<&str>) -> bool {
    let text = |name: HeaderName| {
        let mut values = parts.headers.get_all(name).iter();
        let first = values.next().and_then(|value| value.to_str().ok());
        first.filter(|_| values.next().is_none())
    };
    if parts.headers.contains_key(SEC_FETCH_SITE) {
        return text(SEC_FETCH_SITE) == Some("same-origin");
    }
    let Some(origin) = text(ORIGIN) else { return false };
    if let Some(public_url) = public_url {
        let own = Url::parse(public_url).map(|url| url.origin().ascii_serialization());
        return own.is_ok_and(|own| own == origin);
    }
    let host = text(HOST).or_else(|| parts.uri.authority().map(http::uri::Authority::as_str));
    let origin = origin.parse::<Uri>().ok();
    let of_origin = origin.as_ref().and_then(Uri::authority);
    of_origin.zip(host).is_some_and(|(origin, host)| origin.as_str().eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn judged(headers: &[(&str, &str)], public_url: Option<&str>) -> bool {
        let request = Request::post("/consent/mail?connection=a");
        let request = headers.iter().fold(request, |it, (name, value)| it.header(*name, *value));
        is_same_origin(&request.body(()).unwrap().into_parts().0, public_url)
    }

    #[test]
    fn the_browsers_word_decides_and_without_it_the_origin() {
        let host = ("host", "gateway.example");
        for (headers, expected) in [
            (vec![host, ("sec-fetch-site", "same-origin")], true),
            (vec![host, ("sec-fetch-site", "same-origin"), ("origin", "null")], true),
            (vec![host, ("origin", "https://gateway.example")], true),
            (vec![host, ("origin", "https://GATEWAY.example")], true),
            (vec![("host", "127.0.0.1:3000"), ("origin", "http://127.0.0.1:3000")], true),
            (vec![host], false),
            (vec![host, ("origin", "null")], false),
            (vec![host, ("origin", "")], false),
            (vec![host, ("origin", "https://evil.example")], false),
            (vec![host, ("origin", "https://gateway.example:8443")], false),
            (vec![host, ("origin", "https://gateway.example.evil.example")], false),
            (vec![("origin", "https://gateway.example")], false),
            (
                vec![host, ("sec-fetch-site", "same-site"), ("origin", "https://gateway.example")],
                false,
            ),
            (vec![host, ("sec-fetch-site", "cross-site")], false),
            (vec![host, ("sec-fetch-site", "none")], false),
            (
                vec![host, ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "same-origin")],
                false,
            ),
            (
                vec![
                    host,
                    ("origin", "https://gateway.example"),
                    ("origin", "https://evil.example"),
                ],
                false,
            ),
        ] {
            assert_eq!(judged(&headers, None), expected, "{headers:?}");
        }
    }

    #[test]
    fn a_known_address_is_the_origin_whatever_the_host_is() {
        let public = Some("https://api.example/entra-http");
        let host = ("host", "internal:8080");
        assert!(judged(&[host, ("origin", "https://api.example")], public));
        assert!(!judged(&[host, ("origin", "http://api.example")], public));
        assert!(!judged(&[host, ("origin", "https://internal:8080")], public));
    }
}
