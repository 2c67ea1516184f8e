//! Events: what they are, how they travel, and how they reach everybody who asked for them.
//!
//! An [`Event`] is a CloudEvent 1.0. [`read`](read()) takes one out of an HTTP message, whichever of the four forms it
//! came in; [`write`](mod@write) puts one into a message. [`apim`] makes the events that API Management publishes. A
//! [`Filter`] picks events, [`Sinks`] are the configured places that get them, and [`delivery`] says what is sent to a
//! sink and what its answer means: all of that is pure.
//!
//! # Never lost, never blocking
//!
//! The [`Outbox`] delivers at least once. A function changes its state and records the event that the change causes by
//! *one* compare-and-swap, because the value that it swaps is a [`Recorded`] state: the state and the events that are
//! still to be handed over. What follows may be interrupted anywhere and is taken up again by any later request or tick:
//!
//! 1. [`Outbox::hand_over`] copies each recorded event into an entry of its own, and then takes it out of the record.
//! 2. [`Outbox::deliver`] sends it to every sink whose filter lets it pass; [`Outbox::deliver_due`] does so on a tick, by
//!    Event Grid's schedule.
//! 3. A sink that took the event leaves the entry. One that will not take it leaves it too, after the event was written
//!    to the dead letters, from where [`Outbox::redeliver`] brings it back. The last sink takes the entry with it.
//!
//! [`Records`] do the first step and these for a function whose things each have a record and tell when they change.
//!
//! Whoever works on an event holds a lease on it, so that two instances do not send it at the same time. A lease is a
//! moment in the store and runs out by itself; a clock that is wrong by more than ten seconds makes duplicates, not losses.
//!
//! # What the store holds
//!
//! | key | value |
//! | --- | --- |
//! | the function's own | [`Recorded`] |
//! | `{owner}/outbox/{id}/{source}` | the event, when it was published, and for each sink its attempts |
//! | `{owner}/outbox/{id}/{source}/{sink}` | the same for an event that was published to one sink |
//! | `{owner}/outbox/{id}/{source}/{sink}/{round}` | the same for an event that was taken back from the dead letters |
//! | `{owner}/dead-letters/{id}/{source}/{sink}/{round}` | the event and why the sink did not get it |
//!
//! Keys begin with the owner, also where decision 0012 names them without it: `{owner}` is the function's name, so that
//! functions share a store and no events. `{id}` is the event's id, or its hash when it is long or has characters that a key
//! may not have. `{source}` is a hash: source and id together name an event.

pub mod apim;
mod data;
pub mod delivery;
pub mod document;
mod error;
mod event;
mod event_id;
mod event_time;
mod extension;
mod filter;
mod filter_document;
mod header_value;
mod key_name;
mod media_type;
mod moment_of;
mod outbox;
mod outlets;
mod read;
mod sinks;
mod source;
mod text;
mod tokens;
pub mod write;

pub use data::{Data, Json};
pub use error::{EventError, EventErrorKind, Member};
pub use event::Event;
pub use event_id::event_id;
pub use event_time::EventTime;
pub use extension::{ExtensionName, ExtensionValue};
pub use filter::{Filter, TypePattern};
pub use key_name::{key_id, key_name};
pub use outbox::{
    ChangeError, DeadLetter, DeadLetterReason, Deliveries, Eventful, HandOverError, HandedOver,
    Held, Limits, Listing, Outbox, OutboxItem, OutboxPorts, Recorded, RecordedError, Records,
    Redelivered, Rounds, SinkState, longest_event,
};
pub use outlets::{NoOutlets, Outlets, PrintError, Stdout};
pub use read::{Form, Received, read};
pub use sinks::{
    Credential, Endpoint, EventBridge, EventGridNamespace, EventGridSchema, EventGridTopic,
    Identity, Mode, RetryPolicy, SasKey, SigningSecret, Sink, Sinks, Target, Webhook,
};
pub use source::is_source;
pub use tokens::{KnownCredentials, NoTokens, TokenUnavailable, Tokens};
