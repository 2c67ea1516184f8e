use headgate_desktop_flow::spin::{SpinDesktopFlow, load};
use headgate_spin::Component;

static COMPONENT: Component<SpinDesktopFlow> = Component::new("desktop-flow");

headgate_spin::serve!(COMPONENT, load);
