use headgate_circuit_breaker::spin::{SpinCircuitBreaker, load};
use headgate_spin::Component;

static COMPONENT: Component<SpinCircuitBreaker> = Component::new("circuit-breaker");

headgate_spin::serve!(COMPONENT, load);
