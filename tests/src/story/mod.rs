//! A function's behaviour as directories of facts: what it is asked, what it answers, and what it says to the world.
//!
//! A [`Story`] is one case: variables, files, [`Peers`] that stand for the world outside and take nothing that they were not told
//! to expect, and steps. [`run`] tells it on one [`Place`], with a function, a store and peers of its own, so that no case
//! sees another. `tests/README.md` says how the files are written.

mod answer;
mod call;
mod client_assertion;
mod expectation;
mod form;
mod function;
mod host;
mod lambda_event;
mod log;
mod matching;
mod names;
mod peers;
mod place;
mod process;
mod run;
mod scene;
mod setting;
mod start;
mod steps;
mod worlds;

pub use expectation::Expectation;
pub use function::Function;
pub use peers::Peers;
pub use place::Place;
pub use run::run;
pub use scene::{Story, load_all};
