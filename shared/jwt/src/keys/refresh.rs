use std::time::Duration;

use headgate_core::Timestamp;

use super::record::{Moment, Record};

/// How old keys may be before they are fetched again (contracts §4.1: 1 h).
const FRESH: Duration = Duration::from_secs(60 * 60);
/// The least time between two fetches that unknown `kid`s cause, and after a failed refresh (contracts §4.1: 5 min).
const PAUSE: Duration = Duration::from_secs(5 * 60);
/// The least time between two attempts while there are no keys at all: callers get 503 until one succeeds.
const PAUSE_WITHOUT_KEYS: Duration = Duration::from_secs(10);

/// What a request needs of an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Keys that are good enough.
    Keys,
    /// Keys ahead of their time: a timer asks, so that no caller has to wait for a refresh.
    Early,
    /// Other keys than those fetched at this moment, which lack the token's `kid`.
    NewerThan(Moment),
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Go on with what there is.
    Serve,
    /// Fetch, because of this.
    Fetch(Cause),
    /// Wait for the fetch that is under way.
    Await,
    /// There are no keys, and the next attempt is due in this time.
    GiveUp(Duration),
}

/// Why keys are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// There are none.
    Missing,
    /// They are old.
    Stale,
    /// They lack a `kid`.
    UnknownKid,
}

/// Decides what a request that needs keys does next.
pub(super) fn next_step(record: &Record, need: Need, now: Timestamp) -> Step {
    let in_flight = record.flight_until.is_some_and(|until| now < until.timestamp());
    let within = |moment: Option<Moment>, pause: Duration| {
        moment.map(|moment| now.since(moment.timestamp())).filter(|elapsed| *elapsed < pause)
    };
    let Some(answer) = &record.answer else {
        return match within(record.failed_at, PAUSE_WITHOUT_KEYS) {
            _ if in_flight => Step::Await,
            Some(elapsed) => Step::GiveUp(PAUSE_WITHOUT_KEYS.saturating_sub(elapsed)),
            None => Step::Fetch(Cause::Missing),
        };
    };
    let age = now.since(answer.fetched_at.timestamp());
    let failed_since = record.failed_at.filter(|failed| *failed > answer.fetched_at);
    match need {
        Need::NewerThan(known) if known < answer.fetched_at => Step::Serve,
        Need::NewerThan(_) if in_flight => Step::Await,
        Need::NewerThan(_) if within(record.unknown_kid_at, PAUSE).is_some() => Step::Serve,
        Need::NewerThan(_) => Step::Fetch(Cause::UnknownKid),
        Need::Keys if age < FRESH => Step::Serve,
        Need::Early if age < FRESH / 4 * 3 => Step::Serve,
        Need::Keys | Need::Early if in_flight => Step::Serve,
        Need::Keys | Need::Early if within(failed_since, PAUSE).is_some() => Step::Serve,
        Need::Keys | Need::Early => Step::Fetch(Cause::Stale),
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::Answer;
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_000_000);

    fn ago(seconds: u64) -> Moment {
        Timestamp::from_secs(NOW.as_secs() - seconds).into()
    }

    fn fetched(seconds_ago: u64) -> Record {
        Record {
            answer: Some(Answer {
                issuer: "https://issuer.example".into(),
                jwks_uri: "https://issuer.example/keys".into(),
                jwks: "{}".into(),
                fetched_at: ago(seconds_ago),
            }),
            ..Record::default()
        }
    }

    #[test]
    fn keys_are_served_for_an_hour_and_then_fetched() {
        assert_eq!(next_step(&fetched(3_599), Need::Keys, NOW), Step::Serve);
        assert_eq!(next_step(&fetched(3_600), Need::Keys, NOW), Step::Fetch(Cause::Stale));
    }

    #[test]
    fn a_timer_fetches_before_the_hour_is_over() {
        assert_eq!(next_step(&fetched(2_699), Need::Early, NOW), Step::Serve);
        assert_eq!(next_step(&fetched(2_700), Need::Early, NOW), Step::Fetch(Cause::Stale));
    }

    #[test]
    fn old_keys_serve_on_while_they_are_fetched_and_for_five_minutes_after_a_failure() {
        let in_flight = Record {
            flight_until: Some(NOW.plus(Duration::from_secs(1)).into()),
            ..fetched(9_999)
        };
        assert_eq!(next_step(&in_flight, Need::Keys, NOW), Step::Serve);
        let failed = |seconds| Record { failed_at: Some(ago(seconds)), ..fetched(9_999) };
        assert_eq!(next_step(&failed(299), Need::Keys, NOW), Step::Serve);
        assert_eq!(next_step(&failed(300), Need::Keys, NOW), Step::Fetch(Cause::Stale));
    }

    #[test]
    fn an_unknown_kid_fetches_once_in_five_minutes_counted_from_the_last_one_that_did() {
        let need = Need::NewerThan(ago(10));
        assert_eq!(next_step(&fetched(10), need, NOW), Step::Fetch(Cause::UnknownKid));
        let asked = |seconds| Record { unknown_kid_at: Some(ago(seconds)), ..fetched(10) };
        assert_eq!(next_step(&asked(299), need, NOW), Step::Serve);
        assert_eq!(next_step(&asked(300), need, NOW), Step::Fetch(Cause::UnknownKid));
    }

    #[test]
    fn keys_that_came_meanwhile_are_looked_at_before_anything_is_fetched() {
        assert_eq!(next_step(&fetched(9), Need::NewerThan(ago(10)), NOW), Step::Serve);
    }

    #[test]
    fn whoever_lacks_keys_waits_for_a_fetch_under_way_but_not_for_one_that_was_abandoned() {
        let until =
            |moment: Timestamp| Record { flight_until: Some(moment.into()), ..Record::default() };
        let alive = until(NOW.plus(Duration::from_secs(1)));
        assert_eq!(next_step(&alive, Need::Keys, NOW), Step::Await);
        assert_eq!(next_step(&until(NOW), Need::Keys, NOW), Step::Fetch(Cause::Missing));
    }

    #[test]
    fn without_any_keys_a_failure_is_repeated_after_ten_seconds() {
        let failed = |seconds| Record { failed_at: Some(ago(seconds)), ..Record::default() };
        let give_up = Step::GiveUp(Duration::from_secs(7));
        assert_eq!(next_step(&failed(3), Need::Keys, NOW), give_up);
        assert_eq!(next_step(&failed(10), Need::Keys, NOW), Step::Fetch(Cause::Missing));
    }
}
