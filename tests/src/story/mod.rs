//! A function's behaviour as directories of facts: what it is asked, what it answers, and what it says to the world.
//!
//! A [`Story`] is one case: variables, [`Peers`] that stand for the world outside and take nothing that they were not told
//! to expect, and steps. [`run`] tells it on one [`Place`], with a function, a store and peers of its own, so that no case
//! sees another. `tests/README.md` says how the files are written.

mod answer;
mod call;
mod function;
mod host;
mod lambda_event;
mod matching;
mod names;
mod peers;
mod place;
mod process;
mod run;
mod scene;
mod start;
mod steps;
mod worlds;

pub use function::Function;
pub use peers::{Expectation, Peers};
pub use place::Place;
pub use run::run;
pub use scene::{Story, load_all};
