//! The function's routes.

mod flows;
mod run;
mod trigger;

pub(crate) use flows::flows;
pub(crate) use run::run;
pub(crate) use trigger::trigger;
