//! Whether a backend may be called, and what its outcomes do to that (contracts §2).
//!
//! All instances share one [`BackendState`] for each backend, which is written by compare-and-swap. [`judge`] takes the
//! state and a batch of [`Outcome`]s and gives the next state with the [`Change`]s that it makes; whoever stores the
//! state owns the changes, so each is said once. [`decide`] reads a state and says whether a call may go out. None of
//! them fails, and `now` is an argument.
//!
//! Time comes from many clocks, and any of them may be wrong. What a state says about the future is believed as far as
//! the rule's own interval or the trip's own length reaches, and no further: so a clock that once was ahead cannot keep a
//! backend open, or a rule deaf, for longer than about twice as long as configured.

mod backend_state;
mod change;
mod decide;
mod failure;
mod judge;
mod manual;
mod matters;
mod moment;
mod next_state;
mod outcome;
mod probe;
mod recent_ids;
mod retire;
mod retry_after;
mod rule_state;
mod window;

#[cfg(test)]
mod tests;

pub use backend_state::{BackendState, StateVersion};
pub use change::{Change, ClosedBy, OpenedBy};
pub use decide::{Admission, Standing, decide, standing};
pub use failure::is_failure;
pub use judge::{Batch, Judgement, judge};
pub use manual::{MANUAL_TRIP, reset, trip};
pub use matters::matters;
pub use moment::Moment;
pub use next_state::next_state;
pub use outcome::{Outcome, OutcomeId};
pub use probe::{PROBE_PATIENCE, claim_probe};
pub use recent_ids::{RECENT_IDS, RecentIds};
pub use retire::retire;
pub use rule_state::{Phase, RuleState, Trial, Trip};
pub use window::{Counts, PARTS, Window};
