use headgate_core::{BodyError, Timestamp};

use crate::place::PlaceError;
use crate::relay::flow::Broke;
use crate::relay::ledger::Stop;
use crate::relay::record::Failure;
use crate::relay::retry::Side;

/// How a piece of work on a relay ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The file arrived.
    Succeeded,
    /// An identical one was there.
    Skipped,
    /// It did not arrive.
    Failed(Failure),
    /// Somebody stopped it.
    Cancelled,
    /// Somebody is to go on: at this moment, or when there is time.
    Rest(Option<Timestamp>),
}

/// What is in the way of going on.
#[derive(Debug)]
pub(in crate::relay) enum Halt {
    /// A place did not do what it was asked for.
    Place(Side, PlaceError),
    /// It is over, and what was written is to be taken away.
    Over(Ended),
    /// Nobody is to go on here.
    Stop(Stop),
}

impl From<Stop> for Halt {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

pub(super) const fn source(error: PlaceError) -> Halt {
    Halt::Place(Side::Source, error)
}

pub(super) const fn destination(error: PlaceError) -> Halt {
    Halt::Place(Side::Destination, error)
}

pub(in crate::relay) fn broke(broke: Broke) -> Halt {
    source(PlaceError::Content(BodyError::BrokenOff(broke.into())))
}

pub(super) fn over(code: &str, message: impl Into<String>) -> Halt {
    Halt::Over(Ended::Failed(Failure::new(code, message)))
}

pub(super) fn corrupt(message: impl Into<String>) -> Halt {
    over("ContentCorrupt", message)
}

/// What a receipt says of an error.
pub(super) fn said(error: &PlaceError, side: Side) -> String {
    let side = match side {
        Side::Source => "source",
        Side::Destination => "destination",
    };
    match error {
        PlaceError::Content(BodyError::BrokenOff(why)) => format!("{side}: {why}"),
        error => format!("{side}: {error}"),
    }
}
