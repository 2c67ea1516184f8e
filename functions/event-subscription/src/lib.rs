//! Receives events from Event Grid and any CloudEvents producer, and fires what is to follow.
//!
//! A message comes in by [`EventSubscription`]. The [`checks`] say whether its sender is believed, [`classify`](classify())
//! says what it is: a [`handshake`], or events in any of their forms. The [`rules`] say which handlers an event is owed.
//!
//! # At least once, and not twice at a time
//!
//! An event and the handlers that it is owed are one [`record`] in the key-value store, written before anything else
//! happens. Whoever runs the handlers takes a lease on the record by compare-and-swap, so two deliveries of one event do
//! not run a handler at the same time, and notes each handler that has succeeded, so a later delivery does not run it
//! again. What is to be done next is decided by [`next_step`](record::next_step), which is pure. A handler that fails is
//! tried again when the producer sends the event again, or by a tick. After its last attempt the event goes to the
//! [dead letters](dead_letter), and the producer is told that it has arrived.
//!
//! A sink is not called while the producer waits: its handler has done its part once the event is in the
//! [`Outbox`](headgate_events::Outbox), which delivers it beside the answer and goes on by itself.
//!
//! | key | value |
//! | --- | --- |
//! | `event-subscription/events/{id}/{source}` | an event's record; once everything is done, that it was seen |
//! | `event-subscription/pending/{id}/{source}` | nothing: a tick looks at that record first |
//! | `event-subscription/redelivered/{id}/{source}/{rule}/{round}` | the record of an event that came back from the dead letters |
//! | `event-subscription/dead-letters/{id}/{source}/{rule}/{round}` | the event, and why the rule's handler did not take it |
//! | `event-subscription/sinks/…` | the outbox, see [`headgate_events`](headgate_events#what-the-store-holds) |
//! | `event-subscription/validations/{hash}` | an address that is still to be asked to complete a handshake |

mod accept;
pub mod aws;
pub mod checks;
mod classify;
pub mod configuration;
pub mod dead_letter;
mod event_subscription;
mod handler_call;
pub mod handshake;
mod keys;
mod letters;
#[cfg(not(target_family = "wasm"))]
pub mod native;
pub mod openapi;
mod parallel;
mod queue;
pub mod record;
pub mod refusal;
pub mod rules;
mod run;
#[cfg(target_family = "wasm")]
pub mod spin;
mod tick;
mod trace;
mod validation_call;
pub mod variables;

pub use classify::{Delivery, Origin, classify};
pub use configuration::{Configuration, ConfigurationError};
pub use event_subscription::EventSubscription;
pub use headgate_core::Moment;
pub use headgate_world::{Ports, World};
