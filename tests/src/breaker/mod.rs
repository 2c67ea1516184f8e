//! circuit-breaker as tests over HTTP run it, and the place where its events arrive.

mod component;
mod event_sink;
mod instance;
mod native;

pub use component::{Component, start_component};
pub use event_sink::{Delivery, EventSink, Treatment};
pub use instance::{Answer, Instance};
pub use native::start_native;
