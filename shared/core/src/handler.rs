use std::future::Future;

use http::{Request, Response};

use crate::Body;

/// A function: a request comes in, a response goes out.
///
/// `handle` cannot fail. Whatever is refused or goes wrong is already a response with its status when it leaves the
/// function, so no host has to invent one.
///
/// The request's path is relative to the function (`/validate`, not `/token-validation/validate`): adapters strip the
/// prefix under which a host serves it.
pub trait Handler: Send + Sync {
    /// Answers one request.
    fn handle(&self, request: Request<Body>) -> impl Future<Output = Response<Body>> + Send;
}

impl<H: Handler> Handler for std::sync::Arc<H> {
    fn handle(&self, request: Request<Body>) -> impl Future<Output = Response<Body>> + Send {
        H::handle(self, request)
    }
}
