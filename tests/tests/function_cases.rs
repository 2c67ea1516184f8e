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
    let trials = stories.flat_map(trials).chain(Place::ALL.map(strictness)).collect();
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

/// A case that tells one event fewer than there are fails, although all that it tells comes first.
fn strictness(place: Place) -> Trial {
    let name = format!("harness::more_events_than_a_case_tells_fail_it::{}", place.name());
    Trial::test(name, move || {
        let told = "an_attempt_without_an_instance_reaches_the_tokens_of_all";
        let mut stories = load_all(Function::GatewayTokens);
        let mut story =
            stories.swap_remove(stories.iter().position(|story| story.name == told).unwrap());
        story.peers.get_mut("watch").and_then(Vec::pop).unwrap();
        match run(&story, place) {
            Err(error) if error.contains("watch did not expect POST /events") => Ok(()),
            came => Err(format!("it came to {came:?}").into()),
        }
    })
}
