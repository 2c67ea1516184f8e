use headgate_core::{Body, Handler, Problem};
use http::{Request, Response, StatusCode};

use crate::incoming_content::IncomingContent;

/// The handler behind a middleware: the `wasi:http/handler` that the component imports.
#[derive(Clone, Copy, Debug, Default)]
pub struct NextHandler;

impl Handler for NextHandler {
    async fn handle(&self, request: Request<Body>) -> Response<Body> {
        match spin_sdk::http::next(request).await {
            Ok(response) => response.map(|body| Body::stream(IncomingContent::of(body))),
            Err(error) => Problem::new(StatusCode::BAD_GATEWAY, "the next handler failed")
                .detail(error.to_string())
                .into_response(),
        }
    }
}
