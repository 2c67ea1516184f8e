//! The behaviour of the functions, case by case, on every host that can tell the case.
//!
//! One test is one case on one host, as `circuit_breaker::a_backend_that_fails_is_not_called::native`; each has a function,
//! a store and peers of its own.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong in a test has to stop it"
)]

use std::process::ExitCode;
use std::sync::Arc;

use headgate_tests::story::{Function, Place, Story, load_all, run};
use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let stories = Function::ALL.into_iter().flat_map(load_all);
    let trials = stories.flat_map(trials).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trials(story: Story) -> Vec<Trial> {
    let story = Arc::new(story);
    let function = story.function.name().replace('-', "_");
    let trial = |place: &Place| {
        let (story, place) = (Arc::clone(&story), *place);
        let name = format!("{function}::{}::{}", story.name, place.name());
        Trial::test(name, move || Ok(run(&story, place)?))
    };
    story.places.iter().map(trial).collect()
}
