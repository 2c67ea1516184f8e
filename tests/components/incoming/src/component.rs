use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam,
};

struct Incoming;

impl Guest for Incoming {
    fn handle(request: IncomingRequest, answer: ResponseOutparam) {
        let path = request.path_with_query().unwrap_or_default();
        let response = OutgoingResponse::new(Fields::new());
        let Ok(body) = response.body() else {
            ResponseOutparam::set(answer, Err(ErrorCode::InternalError(None)));
            return;
        };
        ResponseOutparam::set(answer, Ok(response));
        // A caller that is gone misses nothing.
        if let Ok(stream) = body.write() {
            let _ = stream.blocking_write_and_flush(path.as_bytes());
        }
        let _ = OutgoingBody::finish(body, None);
    }
}

wasip2::http::proxy::export!(Incoming with_types_in wasip2);
