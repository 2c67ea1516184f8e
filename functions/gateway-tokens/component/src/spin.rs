use headgate_gateway_tokens::spin::{SpinGatewayTokens, load};
use headgate_spin::Component;

static COMPONENT: Component<SpinGatewayTokens> = Component::new("gateway-tokens");

headgate_spin::serve!(COMPONENT, load);
