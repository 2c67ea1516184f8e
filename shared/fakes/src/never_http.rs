use headgate_core::{Body, HttpClient, HttpError, Timeout};
use http::{Request, Response};

/// An `HttpClient` for code that must not call anybody: a call fails the test at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct NeverHttp;

impl HttpClient for NeverHttp {
    #[expect(clippy::panic, reason = "a call is the failure that this fake exists to report")]
    async fn send(
        &self,
        request: Request<Body>,
        _timeout: Timeout,
    ) -> Result<Response<Body>, HttpError> {
        panic!("no request was expected, and there came {} {}", request.method(), request.uri())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt;

    use super::*;

    #[test]
    #[should_panic(expected = "there came GET https://issuer.example/")]
    fn any_request_fails_the_test() {
        let request = Request::get("https://issuer.example/").body(Body::empty()).unwrap();
        let timeout = Timeout::each(Duration::from_secs(1));
        let _response = NeverHttp.send(request, timeout).now_or_never();
    }
}
