use headgate_cloud_flow::spin::{SpinCloudFlow, load};
use headgate_spin::Component;

static COMPONENT: Component<SpinCloudFlow> = Component::new("cloud-flow");

headgate_spin::serve!(COMPONENT, load);
