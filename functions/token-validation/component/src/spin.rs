use headgate_core::Body;
use headgate_spin::{Component, IncomingRequest};
use headgate_token_validation::spin::{SpinTokenValidation, load};
use http::Response;
use spin_sdk::http_service;

static COMPONENT: Component<SpinTokenValidation> = Component::new("token-validation");

#[http_service]
async fn handle(request: IncomingRequest) -> Response<Body> {
    COMPONENT.answer(request, load).await
}
