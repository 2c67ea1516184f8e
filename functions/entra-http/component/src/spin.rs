use headgate_entra_http::spin::{SpinEntraHttp, load};
use headgate_spin::Component;

static COMPONENT: Component<SpinEntraHttp> = Component::new("entra-http");

headgate_spin::serve!(COMPONENT, load);
