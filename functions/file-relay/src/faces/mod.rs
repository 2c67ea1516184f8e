//! The routes.

mod chunks;
mod common;
mod events;
mod places;
mod push;
mod relays;
mod serve;
mod window;

pub(crate) use chunks::patch;
pub(crate) use events::events;
pub(crate) use places::all_places;
pub(crate) use push::push;
pub(crate) use relays::{all_relays, cancel, one_relay, relay, resume};
pub(crate) use serve::serve;

use headgate_core::Body;
use http::Response;

use crate::refusal::Refusal;

pub(crate) type Answer = Result<Response<Body>, Refusal>;
