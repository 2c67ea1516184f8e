//! The decisions about a run, one by one, and all of them together at random.

use std::time::Duration;

use headgate_core::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::guid::Guid;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

struct Zeros;

impl headgate_core::Random for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn run() -> Run {
    let order = Order {
        flow: session(0),
        flow_name: None,
        mode: Mode::Unattended,
        priority: None,
        connection: "robots".to_owned(),
        connection_type: ConnectionType::Connection,
        timeout: None,
        input_pieces: 0,
    };
    let place = Place {
        environment: "https://a.example".to_owned(),
        callbacks: "https://b.example/completions/".to_owned(),
        secret: CallbackSecret::new(&Zeros),
    };
    Run::new(order, "f".to_owned(), place, NOW)
}

fn session(number: u8) -> Guid {
    format!("00000000-0000-0000-0000-0000000000{number:02x}").parse().unwrap()
}

fn after(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

fn sending() -> Run {
    begin_sending(run(), NOW, after(71))
}

#[test]
fn a_new_run_is_left_to_its_maker_for_ten_seconds() {
    assert_eq!(next_step(&run(), Asked::ByTick, after(9)), Step::Rest { until: after(10) });
    assert_eq!(next_step(&run(), Asked::ByTick, after(10)), Step::Send);
}

#[test]
fn a_run_that_is_being_sent_is_left_alone_and_then_looked_for_and_never_sent() {
    assert_eq!(next_step(&sending(), Asked::ByTick, after(70)), Step::Rest { until: after(71) });
    assert_eq!(next_step(&sending(), Asked::ByTick, after(71)), Step::Look { since: after(71) });
    assert_eq!(next_step(&sending(), Asked::ByCallback, after(1)), Step::Look { since: after(71) });
}

#[test]
fn absence_is_proven_by_the_operators_word_together_with_a_witness_and_by_nothing_less() {
    let absence = |at, has_witness| Absence { at: after(at), since: after(0), has_witness };
    let settle = Some(Duration::from_secs(60));
    assert!(proves_absence(&absence(60, true), settle));
    assert!(!proves_absence(&absence(59, true), settle));
    assert!(!proves_absence(&absence(60, false), settle));
    assert!(!proves_absence(&absence(1_000_000, true), None));
}

#[test]
fn a_late_answer_with_the_same_session_changes_nothing_and_with_another_is_one_too_many() {
    let known = started(sending(), session(1), 0, after(5));
    let settled = |number| settle_sent(known.clone(), 1, &Sent::Started(session(number)), after(6));
    assert_eq!(settled(1), Settled::Keep);
    assert_eq!(settled(2), Settled::OneTooMany(session(2)));
}

#[test]
fn what_an_earlier_attempt_learned_of_a_failure_does_not_touch_a_later_one() {
    let again = begin_sending(sending(), after(100), after(171));
    for sent in [
        Sent::NotYet { after: Duration::ZERO, note: String::new() },
        Sent::Refused(Failure::of(None, None)),
        Sent::Doubt { note: String::new() },
    ] {
        assert_eq!(settle_sent(again.clone(), 1, &sent, after(101)), Settled::Keep);
    }
}

#[test]
fn only_a_read_that_shows_a_session_unfinished_or_gone_ends_an_overdue_run() {
    let known = started(sending(), session(1), 1, after(0));
    let overdue = 3 * 3_600 + 15 * 60;
    let ended = |read: &Read, seconds| settle_read(known.clone(), read, after(seconds)).state();
    let failed = Read::Failed { note: "it failed".to_owned() };
    let gone = Read::Absent { note: "it is gone".to_owned() };
    let seen = Seen { status: 2, started_on: None, completed_on: None };
    let unfinished = Read::Session { seen, code: None, message: None };
    assert_eq!(ended(&unfinished, overdue - 1), "running");
    assert_eq!(ended(&unfinished, overdue), "timedOut");
    assert_eq!((ended(&gone, overdue - 1), ended(&gone, overdue)), ("running", "uncertain"));
    let day = 24 * 3_600;
    assert_eq!(ended(&failed, overdue + day - 1), "running");
    assert_eq!(ended(&failed, overdue + day), "uncertain");
}

#[test]
fn debug_shows_no_secret() {
    let run = run();
    assert!(!format!("{run:?}").contains(run.secret.expose()));
    assert!(!view("id", &run).to_string().contains(run.secret.expose()));
}

#[derive(Clone, Debug)]
enum Happening {
    Time(u32),
    Step(Asked, bool),
    Answer(u8),
}

proptest! {
    /// Whatever happens in whatever order, one start at most is under way, and none is begun but from a queued run.
    #[test]
    fn a_start_is_begun_only_after_the_one_before_is_known_to_have_started_nothing(
        happenings in prop::collection::vec(prop_oneof![
            (0_u32..400).prop_map(Happening::Time),
            (prop_oneof![Just(Asked::ByTick), Just(Asked::ByCaller), Just(Asked::ByCallback)], any::<bool>())
                .prop_map(|(asked, witness)| Happening::Step(asked, witness)),
            (0_u8..5).prop_map(Happening::Answer),
        ], 1..80),
        settle in prop::option::of(1_u64..300),
    ) {
        let settle = settle.map(Duration::from_secs);
        let (mut run, mut now, mut open) = (run(), NOW, false);
        for happening in happenings {
            match happening {
                Happening::Time(seconds) => now = now.plus(Duration::from_secs(u64::from(seconds))),
                Happening::Step(asked, has_witness) => match next_step(&run, asked, now) {
                    Step::Send => {
                        prop_assert!(!open, "a start was begun while another was open");
                        run = begin_sending(run, now, now.plus(Duration::from_secs(71)));
                        open = true;
                    }
                    Step::Look { since } if now >= since
                        && matches!(run.phase, Phase::Sending { .. } | Phase::Doubtful { .. }) =>
                    {
                        let absence = Absence { at: now, since, has_witness };
                        let was = run.attempts;
                        run = settle_absent(run, &absence, settle, now);
                        if proves_absence(&absence, settle) {
                            open = false;
                        } else {
                            let is_queued = matches!(run.phase, Phase::Queued { .. });
                            prop_assert!(!is_queued);
                        }
                        prop_assert_eq!(run.attempts, was);
                    }
                    Step::GiveUp => run = give_up(run, now),
                    Step::Look { .. } | Step::Read | Step::Rest { .. } | Step::Done => {}
                },
                Happening::Answer(kind) => {
                    let attempt = run.attempts;
                    let sent = match kind {
                        0 => Sent::Started(session(1)),
                        1 => Sent::NotYet { after: Duration::from_secs(5), note: String::new() },
                        2 => Sent::Refused(Failure::of(None, None)),
                        _ => Sent::Doubt { note: String::new() },
                    };
                    let was_sending = matches!(run.phase, Phase::Sending { .. });
                    if !was_sending {
                        continue;
                    }
                    if let Settled::Store(settled) = settle_sent(run.clone(), attempt, &sent, now) {
                        run = *settled;
                    }
                    open &= matches!(sent, Sent::Started(_) | Sent::Doubt { .. });
                }
            }
            if run.is_finished() {
                prop_assert_eq!(next_step(&run, Asked::ByCallback, now), Step::Done);
            }
        }
    }
}
