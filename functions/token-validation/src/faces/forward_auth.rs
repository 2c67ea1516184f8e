use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use headgate_core::Body;
use headgate_jwt::denial_response;
use headgate_jwt::facts::Facts;
use headgate_jwt::gate::DEFAULT_POLICY;
use headgate_jwt::verdict::{Allowed, Verdict};
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Uri};

/// What a `/validate…` path asks for: a policy's or product's name, and what a proxy appended to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    pub(crate) name: &'a str,
    /// The original path, as Envoy's `ext_authz` appends it.
    pub(crate) appended: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// Reads `/validate`, `/validate/{policy}` and `/validate/{policy}/{original path…}`.
    pub(crate) fn of(path: &'a str) -> Option<Self> {
        let rest = path.strip_prefix("/validate")?;
        let Some(rest) = rest.strip_prefix('/').filter(|rest| !rest.is_empty()) else {
            return matches!(rest, "" | "/")
                .then_some(Self { name: DEFAULT_POLICY, appended: None });
        };
        Some(match rest.find('/') {
            Some(at) => {
                let (name, appended) = rest.split_at(at);
                Self { name, appended: Some(appended) }
            }
            None => Self { name: rest, appended: None },
        })
    }
}

const ORIGINAL_URI: [HeaderName; 3] = [
    HeaderName::from_static("x-original-uri"),
    HeaderName::from_static("x-original-url"),
    HeaderName::from_static("x-forwarded-uri"),
];

/// The original request's URI as nginx, ingress-nginx, Traefik and Caddy hand it on.
pub(crate) fn original_uri(headers: &HeaderMap) -> Option<Uri> {
    ORIGINAL_URI
        .iter()
        .find_map(|name| headers.get(name))
        .and_then(|value| Uri::try_from(value.as_bytes()).ok())
}

/// Answers a proxy that asks whether a request may pass.
pub(crate) fn forward_auth(verdict: &Verdict, facts: &Facts<'_>) -> Response<Body> {
    match verdict {
        Verdict::Allowed(allowed) => allowed_response(allowed),
        Verdict::Denied(denial) => denial_response(denial, facts),
    }
}

fn allowed_response(allowed: &Allowed) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    allowed.identity().apply(headers);
    for (name, token) in &allowed.variables {
        let name = HeaderName::try_from(format!("x-auth-variable-{}", name.to_ascii_lowercase()));
        let value = HeaderValue::try_from(URL_SAFE_NO_PAD.encode(token.claims_json()));
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.insert(name, value);
        }
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_names_the_policy_and_may_go_on_with_the_original_path() {
        let target = |name, appended| Some(Target { name, appended });
        assert_eq!(Target::of("/validate"), target("default", None));
        assert_eq!(Target::of("/validate/"), target("default", None));
        assert_eq!(Target::of("/validate/orders"), target("orders", None));
        assert_eq!(Target::of("/validate/orders/a/b"), target("orders", Some("/a/b")));
        assert_eq!(Target::of("/validated"), None);
    }

    #[test]
    fn the_original_uri_is_read_from_the_header_that_the_proxy_sets() {
        for (name, value) in [
            ("x-original-uri", "/a?b=c"),
            ("x-original-url", "https://api.example/a?b=c"),
            ("x-forwarded-uri", "/a?b=c"),
        ] {
            let headers = HeaderMap::from_iter([(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )]);
            assert_eq!(original_uri(&headers).unwrap().query(), Some("b=c"));
        }
    }
}
