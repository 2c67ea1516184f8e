//! Runs a desktop flow of Power Automate: one robot for each request, followed to its end.
//!
//! A request comes in by [`DesktopFlow`]. What is to be run is a [`run::Run`], one value in the key-value store, written
//! before anything is sent. What is to be done about it is decided by [`run::next_step`], and what becomes of it by the other
//! functions of [`run`], which are all pure.
//!
//! # One robot
//!
//! Dataverse starts a robot as often as it is asked to. So a start is sent by whoever has put a lease for it into the record by
//! compare-and-swap, and by nobody else. When whoever that was cannot say what came of it, nothing is sent again before the
//! session that it may have made was looked for by the address of its callback, which nobody can guess; and where nothing
//! proves that there is none, the run stays `uncertain`. `docs/decisions/0018-one-robot.md` has the reasons.
//!
//! | key | value |
//! | --- | --- |
//! | `desktop-flow/runs/{id}` | a run, with the event of its end until that is handed over |
//! | `desktop-flow/inputs/{id}/{fingerprint}/{piece}` | its inputs, until it was started |
//! | `desktop-flow/open/{id}` | a note that a tick is to look after it |
//! | `desktop-flow/pace/{connection}` | when robots were started on a connection within the last minute |
//! | `desktop-flow/throttled` | until when Dataverse wants to be left alone |
//! | `desktop-flow/connections/{id}` | what is known of a connection; no secret |
//! | `desktop-flow/outbox/…`, `desktop-flow/dead-letters/…` | see [`headgate_events`](headgate_events#what-the-store-holds) |

pub mod configuration;
pub mod connections;
mod dataverse;
mod desktop_flow;
mod faces;
mod guid;
pub mod inputs;
mod keys;
mod known_flows;
mod misses;
#[cfg(not(target_family = "wasm"))]
pub mod native;
pub mod openapi;
mod origin;
pub mod pace;
pub mod ports;
mod refusal;
pub mod request;
mod robots;
pub mod run;
#[cfg(target_family = "wasm")]
pub mod spin;
pub mod variables;
mod work;

pub use configuration::{Configuration, ConfigurationError};
pub use desktop_flow::DesktopFlow;
pub use guid::{Guid, NotGuid};
pub use headgate_core::Moment;
pub use origin::{Origin, OriginError};
pub use ports::{Ports, World};
