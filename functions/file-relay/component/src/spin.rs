use headgate_file_relay::spin::{SpinFileRelay, load};
use headgate_spin::Component;

static COMPONENT: Component<SpinFileRelay> = Component::new("file-relay");

headgate_spin::serve!(COMPONENT, load);
