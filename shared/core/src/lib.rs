//! What every Headgate function is written against.
//!
//! A function is a [`Handler`]: it takes a request and gives a response, and it cannot fail. Whatever it needs from the
//! world it asks of a *port*: a small trait that each host implements ([`HttpClient`], [`KeyValue`], [`Variables`],
//! [`Files`], [`Clock`], [`Timer`], [`Random`], [`Diagnostics`], [`Background`]). This crate does no I/O, has no runtime and no
//! conditional compilation, so a function that compiles against it compiles for every host.

mod background;
mod base64_decoder;
mod body;
mod client_address;
mod client_certificate;
mod clock;
mod diagnostics;
mod document;
mod files;
mod handler;
mod http_client;
pub mod idempotency_key;
pub mod ids;
mod key_value;
mod logged;
mod moment;
mod observed;
mod outcome;
mod platform_event;
pub mod preference;
mod problem;
mod random;
pub mod redis_layout;
pub mod reply;
mod retry_after;
mod secret;
mod timer;
mod trace_context;
mod variable;
mod variables;

pub use background::Background;
pub use base64_decoder::{Base64Decoder, NotBase64};
pub use body::{Body, BodyError};
pub use client_address::ClientAddress;
pub use client_certificate::ClientCertificate;
pub use clock::{Clock, Timestamp};
pub use diagnostics::{Diagnostics, Severity};
pub use document::{Document, DocumentError, DocumentLoader};
pub use files::{FileError, Files};
pub use handler::Handler;
pub use http_client::{HttpClient, HttpError, Timeout};
pub use key_value::{KeyValue, KeyValueError, LONGEST_VALUE, Swap};
pub use logged::{Logged, UnknownLogged};
pub use moment::Moment;
pub use observed::{Observed, RequestLog, Served};
pub use outcome::Outcome;
pub use platform_event::PlatformEvent;
pub use problem::Problem;
pub use random::Random;
pub use retry_after::{RetryAfter, retry_after_seconds};
pub use secret::{Secret, SecretError, expand_secrets};
pub use timer::Timer;
pub use trace_context::TraceContext;
pub use variable::Variable;
pub use variables::{Variables, VariablesError};
