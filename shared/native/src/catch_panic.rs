use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use headgate_core::{Body, Handler, Outcome, Problem};
use http::{Request, Response, StatusCode};

/// A handler whose panic is an answer of 500 to the one request that caused it.
///
/// What the handler had under way is gone; locks that it held are poisoned, and whoever takes them next decides what
/// that means.
#[derive(Debug)]
pub(crate) struct CatchPanic<H>(pub(crate) H);

impl<H: Handler> Handler for CatchPanic<H> {
    async fn handle(&self, request: Request<Body>) -> Response<Body> {
        // The call itself may panic before there is a future.
        let handled = AssertUnwindSafe(async move { self.0.handle(request).await });
        handled.catch_unwind().await.unwrap_or_else(|_| {
            let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the function failed");
            let mut response = problem.into_response();
            response.extensions_mut().insert(Outcome { route: "unknown", result: "Panicked" });
            response
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Panics;

    impl Handler for Panics {
        async fn handle(&self, _: Request<Body>) -> Response<Body> {
            panic!("on purpose");
        }
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_that_does_not_say_why() {
        let response = CatchPanic(Panics).handle(Request::new(Body::empty())).await;
        assert_eq!(response.status(), 500);
        assert_eq!(response.extensions().get::<Outcome>().unwrap().result, "Panicked");
        let body = response.into_body().read(1_000).await.unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("on purpose"));
    }
}
