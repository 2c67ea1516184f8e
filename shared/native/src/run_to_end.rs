use std::sync::Arc;

use futures_util::FutureExt;
use headgate_core::{Body, Handler, Problem};
use http::{Request, Response, StatusCode};

/// Handles a request to its end, also when its caller leaves before: what a request began for others (fetching keys,
/// sending an event) must not hang on one caller's patience.
///
/// A request that is answered at once costs no task of its own.
pub(crate) async fn run_to_end<H: Handler + 'static>(
    handler: Arc<H>,
    request: Request<Body>,
) -> Response<Body> {
    let mut handled = async move { handler.handle(request).await }.boxed();
    if let Some(response) = handled.as_mut().now_or_never() {
        return response;
    }
    // The task can only fail with the runtime, which ends when the process does.
    tokio::spawn(handled).await.unwrap_or_else(|_| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the function is shutting down")
            .into_response()
    })
}

#[cfg(test)]
mod tests {
    use tokio::sync::{Mutex, Notify};

    use super::*;

    struct Slow {
        go_on: Notify,
        done: Mutex<Option<tokio::sync::oneshot::Sender<()>>>,
    }

    impl Handler for Slow {
        async fn handle(&self, _: Request<Body>) -> Response<Body> {
            self.go_on.notified().await;
            if let Some(done) = self.done.lock().await.take() {
                done.send(()).unwrap();
            }
            Response::new(Body::empty())
        }
    }

    #[tokio::test]
    async fn a_request_goes_on_when_its_caller_leaves() {
        let (done, finished) = tokio::sync::oneshot::channel();
        let slow = Arc::new(Slow { go_on: Notify::new(), done: Mutex::new(Some(done)) });
        let mut request = Box::pin(run_to_end(Arc::clone(&slow), Request::new(Body::empty())));
        assert!(request.as_mut().now_or_never().is_none());
        drop(request);
        slow.go_on.notify_one();
        finished.await.unwrap();
    }
}
