use spin_sdk::http::{EmptyBody, Request, Response};
use spin_sdk::http_service;

#[http_service]
async fn answer(_request: Request) -> Response<EmptyBody> {
    Response::new(EmptyBody::new())
}
