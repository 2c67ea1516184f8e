use std::sync::Arc;

use headgate_core::{Body, Handler, PlatformEvent, Problem};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use serde_json::value::RawValue;

use super::answer::{event_answer, failure, http_answer};
use super::event::{Event, classify};
use super::http_event;

/// Serves invocations, one at a time, until Lambda ends the process.
///
/// An HTTP request of API Gateway, a function URL or a load balancer reaches the handler as itself. An event of the
/// platform reaches it as `POST` to [`PlatformEvent::path`], with the event as the body and the kind as an extension.
///
/// # Errors
///
/// That of the runtime API when it cannot be reached any more.
pub(crate) async fn serve(
    handler: Arc<impl Handler + 'static>,
) -> Result<(), lambda_runtime::Error> {
    let service = service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let handler = Arc::clone(&handler);
        async move { invoke(&*handler, event.payload).await }
    });
    Runtime::new(service).run().await
}

async fn invoke(
    handler: &impl Handler,
    payload: Box<RawValue>,
) -> Result<Box<RawValue>, Diagnostic> {
    match classify(payload.get()) {
        Event::Http(dialect, members) => {
            let response = match http_event::request(dialect, &members) {
                Ok(request) => handler.handle(request).await,
                Err(malformed) => Problem::new(StatusCode::BAD_REQUEST, "request is malformed")
                    .detail(malformed.to_string())
                    .into_response(),
            };
            http_answer(dialect, response).await
        }
        Event::Platform(kind) => {
            let response = handler.handle(event_request(kind, payload)).await;
            event_answer(kind, response).await
        }
        Event::Unsupported => {
            let message = "only API Gateway, function URLs and load balancers may send requests";
            Err(failure("UnsupportedEvent", message.to_owned()))
        }
    }
}

fn event_request(kind: PlatformEvent, payload: Box<RawValue>) -> Request<Body> {
    let mut request = Request::new(Body::from(String::from(Box::<str>::from(payload))));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::from_static(kind.path());
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(CONTENT_TYPE, json);
    request.extensions_mut().insert(kind);
    request
}
