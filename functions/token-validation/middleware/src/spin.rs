use headgate_core::{Body, Handler};
use headgate_spin::{Component, NextHandler, SpinPorts};
use headgate_token_validation::ConfigurationError;
use headgate_token_validation::spin::{SpinTokenValidation, load};
use http::{Request, Response};

static COMPONENT: Component<Guarded> = Component::middleware("token-validation");

headgate_spin::serve!(COMPONENT, guarded);

/// The next handler, behind the gate.
struct Guarded(SpinTokenValidation);

impl Handler for Guarded {
    async fn handle(&self, request: Request<Body>) -> Response<Body> {
        self.0.guard(request, &NextHandler).await
    }
}

async fn guarded(ports: SpinPorts) -> Result<Guarded, ConfigurationError> {
    load(ports).await.map(Guarded)
}
