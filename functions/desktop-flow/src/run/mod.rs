//! A run, and every decision about it: pure.

mod event;
mod failure_code;
mod next_step;
mod order;
mod outcome;
mod record;
mod settle;
mod status;
#[cfg(test)]
mod tests;
mod view;

pub use event::event;
pub use failure_code::Failure;
pub use next_step::{Asked, Step, next_step};
pub use order::{ConnectionType, LONGEST_TIMEOUT, Mode, Order, Priority};
pub use outcome::Outcome;
pub use record::{CallbackSecret, Phase, Place, Run, Seen};
pub use settle::{
    Absence, Read, Sent, Settled, begin_sending, give_up, proves_absence, settle_absent,
    settle_read, settle_sent, settle_unsent, started,
};
pub use status::Status;
pub use view::view;
