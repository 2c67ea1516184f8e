use headgate_core::{Body, Handler};
use headgate_spin::{Component, IncomingRequest, NextHandler, SpinPorts};
use headgate_token_validation::ConfigurationError;
use headgate_token_validation::spin::{SpinTokenValidation, load};
use http::{Request, Response};
use spin_sdk::http_service;

static COMPONENT: Component<Guarded> = Component::new("token-validation");

/// The next handler, behind the gate.
struct Guarded(SpinTokenValidation);

impl Handler for Guarded {
    async fn handle(&self, request: Request<Body>) -> Response<Body> {
        self.0.guard(request, &NextHandler).await
    }
}

#[http_service]
async fn handle(request: IncomingRequest) -> Response<Body> {
    COMPONENT.answer_whole_path(request, guarded).await
}

async fn guarded(ports: SpinPorts) -> Result<Guarded, ConfigurationError> {
    load(ports).await.map(Guarded)
}
