use std::time::Duration;

use headgate_core::Timestamp;

use crate::AccessToken;
use crate::access_token::Times;

/// What a request needs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Need<'a> {
    /// A token that is good for a call that begins now.
    Token,
    /// Another one than this, which an API refused.
    InsteadOf(&'a AccessToken),
}

/// What is known, as far as the next step depends on it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    /// The token that is held.
    pub(super) token: Option<Times>,
    /// Whether that is the one that an API refused.
    pub(super) is_refused: bool,
    /// Until when nobody is asked again, after a failure.
    pub(super) pause_until: Option<Timestamp>,
    /// Whether somebody is asking.
    pub(super) in_flight: bool,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Go on with the token that is held.
    Serve,
    /// Ask, while the token that is held still serves.
    FetchEarly,
    /// Ask.
    Fetch,
    /// Wait for who asks.
    Await,
    /// Fail as the last attempt did.
    Fail,
    /// There is no other token to be had.
    Stop,
}

/// A token that was refused so soon after it came is not replaced: another one would fare no better, and an API that
/// refuses everything must not become a stream of token requests.
const TOO_YOUNG: Duration = Duration::from_secs(30);

/// Decides what a request does next.
pub(super) fn next_step(known: Known, instead: bool, now: Timestamp) -> Step {
    let paused = known.pause_until.is_some_and(|until| now < until);
    match known.token {
        Some(token) if instead && known.is_refused => match () {
            () if now.since(token.fetched_at) < TOO_YOUNG => Step::Stop,
            () if known.in_flight => Step::Await,
            () if paused => Step::Stop,
            () => Step::Fetch,
        },
        Some(token) if token.usable(now) => {
            if now < token.refresh_at || known.in_flight || paused {
                Step::Serve
            } else {
                Step::FetchEarly
            }
        }
        Some(_) | None if known.in_flight => Step::Await,
        Some(_) | None if paused => Step::Fail,
        Some(_) | None => Step::Fetch,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_000_000);

    /// A token of an hour, so many seconds old.
    fn held(age: u64) -> Known {
        let fetched = Timestamp::from_secs(NOW.as_secs() - age);
        Known {
            token: Some(Times::of(fetched, Duration::from_secs(3_600), None)),
            ..Known::default()
        }
    }

    fn paused(known: Known) -> Known {
        Known { pause_until: Some(NOW.plus(Duration::from_secs(1))), ..known }
    }

    fn in_flight(known: Known) -> Known {
        Known { in_flight: true, ..known }
    }

    fn refused(known: Known) -> Known {
        Known { is_refused: true, ..known }
    }

    #[test]
    fn a_token_serves_and_is_renewed_ahead_of_its_end_by_one() {
        assert_eq!(next_step(held(3_299), false, NOW), Step::Serve);
        assert_eq!(next_step(held(3_300), false, NOW), Step::FetchEarly);
        assert_eq!(next_step(in_flight(held(3_300)), false, NOW), Step::Serve);
        assert_eq!(next_step(paused(held(3_300)), false, NOW), Step::Serve);
    }

    #[test]
    fn without_a_token_one_fetches_and_the_others_wait() {
        for known in [Known::default(), held(3_570), held(9_999)] {
            assert_eq!(next_step(known, false, NOW), Step::Fetch);
            assert_eq!(next_step(in_flight(known), false, NOW), Step::Await);
            assert_eq!(next_step(paused(known), false, NOW), Step::Fail);
            assert_eq!(next_step(in_flight(paused(known)), false, NOW), Step::Await);
        }
    }

    #[test]
    fn a_refused_token_is_replaced_unless_it_is_new() {
        assert_eq!(next_step(refused(held(30)), true, NOW), Step::Fetch);
        assert_eq!(next_step(refused(held(29)), true, NOW), Step::Stop);
        assert_eq!(next_step(in_flight(refused(held(30))), true, NOW), Step::Await);
        assert_eq!(next_step(paused(refused(held(30))), true, NOW), Step::Stop);
        assert_eq!(next_step(held(1), true, NOW), Step::Serve, "it was replaced meanwhile");
        assert_eq!(next_step(Known::default(), true, NOW), Step::Fetch);
    }

    proptest! {
        #[test]
        fn no_step_hands_out_what_is_over_or_refused_and_none_asks_twice(
            age in proptest::option::of(0_u64..4_000),
            is_refused: bool,
            pause in proptest::option::of(0_u64..20),
            in_flight: bool,
            instead: bool,
        ) {
            let known = Known {
                is_refused,
                pause_until: pause.map(|pause| Timestamp::from_secs(NOW.as_secs() - 10 + pause)),
                in_flight,
                ..age.map_or(Known::default(), held)
            };
            let usable = known.token.is_some_and(|token| token.usable(NOW));
            let refused = instead && is_refused && known.token.is_some();
            match next_step(known, instead, NOW) {
                Step::Serve => prop_assert!(usable && !refused),
                Step::FetchEarly => prop_assert!(usable && !refused && !in_flight),
                Step::Fetch => prop_assert!(!in_flight && (!usable || refused)),
                Step::Await => prop_assert!(in_flight && (!usable || refused)),
                Step::Fail => prop_assert!(!in_flight && !usable && pause.is_some_and(|pause| pause > 10)),
                Step::Stop => prop_assert!(refused),
            }
        }
    }

    #[test]
    fn a_pause_is_over_when_its_time_has_come() {
        let known = Known { pause_until: Some(NOW), ..Known::default() };
        assert_eq!(next_step(known, false, NOW), Step::Fetch);
    }
}
