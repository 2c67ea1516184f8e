use headgate_event_subscription::spin::{SpinEventSubscription, load};
use headgate_spin::Component;

static COMPONENT: Component<SpinEventSubscription> = Component::new("event-subscription");

headgate_spin::serve!(COMPONENT, load);
