use headgate_spin::Component;
use headgate_token_validation::spin::{SpinTokenValidation, load};

static COMPONENT: Component<SpinTokenValidation> = Component::new("token-validation");

headgate_spin::serve!(COMPONENT, load);
