use headgate_core::{Body, Handler};
use http::uri::PathAndQuery;
use http::{Request, Response, Uri};

/// A handler that is served under a path of its own, which it does not see.
///
/// A path that does not begin with the prefix is left as it is, so that a probe finds `/healthz` either way.
#[derive(Debug)]
pub(crate) struct BasePath<H> {
    /// Without a slash at its end; empty: nothing is taken off.
    pub(crate) prefix: String,
    pub(crate) handler: H,
}

impl<H: Handler> Handler for BasePath<H> {
    async fn handle(&self, mut request: Request<Body>) -> Response<Body> {
        if let Some(uri) = without(&self.prefix, request.uri()) {
            *request.uri_mut() = uri;
        }
        self.handler.handle(request).await
    }
}

/// The address without the prefix; `None` when it stays as it is.
fn without(prefix: &str, uri: &Uri) -> Option<Uri> {
    if prefix.is_empty() {
        return None;
    }
    let rest = uri.path_and_query()?.as_str().strip_prefix(prefix)?;
    let rest = match rest.bytes().next() {
        Some(b'/') => PathAndQuery::try_from(rest).ok()?,
        Some(b'?') | None => PathAndQuery::try_from(format!("/{rest}")).ok()?,
        // `/gate` is not a prefix of `/gateway`.
        Some(_) => return None,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(rest);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_taken_off_at_a_slash_only() {
        for (path, expected) in [
            ("/gate/validate?a=b", Some("/validate?a=b")),
            ("/gate", Some("/")),
            ("/gate?a", Some("/?a")),
            ("/gate/", Some("/")),
            ("/gateway", None),
            ("/healthz", None),
        ] {
            let uri = without("/gate", &Uri::from_static(path));
            assert_eq!(uri, expected.map(Uri::from_static), "{path}");
        }
    }

    #[test]
    fn without_a_prefix_nothing_is_taken_off() {
        assert_eq!(without("", &Uri::from_static("/validate")), None);
    }
}
