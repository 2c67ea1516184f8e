//! Requests' bodies: decoded, counted, and kept where they may have to be sent again.

mod content;
mod gather;
mod guarded;

pub(crate) use content::{Content, NoContent, content};
pub(crate) use gather::{Gathered, gather};
pub(crate) use guarded::{Fault, Faults, guarded};
