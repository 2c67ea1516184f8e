//! What follows when a place did not do what it was asked for: pure.

use std::time::Duration;

use crate::place::PlaceError;
use crate::place::s3::AwsKeysError;

/// How often in a row a relay may fail without having come any further.
pub const MOST: u32 = 8;

/// The longest pause that is ours; a place may ask for a longer one.
const LONGEST: Duration = Duration::from_secs(60);

/// Longer than this nobody waits, whoever asks for it.
const MOST_PATIENT: Duration = Duration::from_secs(60 * 60);

/// Which of the two places it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one that the file is read from.
    Source,
    /// The one that it goes to.
    Destination,
}

/// What is done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The same again, from where it broke off, after a pause.
    Again(Duration),
    /// Everything again, from the first byte.
    BeginAgain(Duration),
    /// Nothing: the relay has failed.
    Fail,
}

/// Judges what follows after the `failures`th failure in a row (1 is the first); `spread` is any byte, which keeps relays that
/// failed together from coming back together.
#[must_use]
pub fn judge(error: &PlaceError, side: Side, failures: u32, spread: u8) -> Next {
    if failures > MOST {
        return Next::Fail;
    }
    let pause = pause(failures, spread);
    match (error, side) {
        (PlaceError::Throttled { retry_after }, _) => {
            let asked = retry_after.unwrap_or(Duration::ZERO);
            if asked > MOST_PATIENT { Next::Fail } else { Next::Again(asked.max(pause)) }
        }
        (PlaceError::Token(error), _) if error.is_temporary() => {
            Next::Again(error.retry_after().unwrap_or(Duration::ZERO).max(pause))
        }
        (PlaceError::Changed, Side::Source) | (PlaceError::UploadLost, Side::Destination) => {
            Next::BeginAgain(pause)
        }
        (error, _) if error.is_temporary() => Next::Again(pause),
        _ => Next::Fail,
    }
}

/// Half a second, twice as long each time up to a minute, and up to half as much again.
fn pause(failures: u32, spread: u8) -> Duration {
    let pause = Duration::from_millis(500)
        .saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)))
        .min(LONGEST);
    pause + pause * u32::from(spread) / 512
}

/// The code of a failure, as receipts show it.
#[must_use]
pub const fn code(error: &PlaceError, side: Side) -> &'static str {
    match (error, side) {
        (PlaceError::NotFound, Side::Source) => "SourceNotFound",
        (PlaceError::NotFound, Side::Destination) => "DestinationNotFound",
        (PlaceError::Changed, Side::Source) => "SourceChanged",
        (PlaceError::Changed | PlaceError::UploadLost, _) => "UploadLost",
        (PlaceError::Exists, _) => "DestinationExists",
        (PlaceError::Full, _) => "DestinationFull",
        (PlaceError::Keys(AwsKeysError::NotNow), Side::Source) => "SourceUnavailable",
        (PlaceError::Keys(AwsKeysError::NotNow), Side::Destination) => "DestinationUnavailable",
        (PlaceError::Denied { .. } | PlaceError::Token(_) | PlaceError::Keys(_), Side::Source) => {
            "SourceDenied"
        }
        (
            PlaceError::Denied { .. } | PlaceError::Token(_) | PlaceError::Keys(_),
            Side::Destination,
        ) => "DestinationDenied",
        (PlaceError::Throttled { .. }, Side::Source) => "SourceThrottled",
        (PlaceError::Throttled { .. }, Side::Destination) => "DestinationThrottled",
        (PlaceError::Temporary { .. } | PlaceError::Http(_), Side::Source) => "SourceUnavailable",
        (PlaceError::Temporary { .. } | PlaceError::Http(_), Side::Destination) => {
            "DestinationUnavailable"
        }
        (PlaceError::Content(_), _) => "ContentBrokeOff",
        (PlaceError::Refused { .. } | PlaceError::Unsupported(_), Side::Source) => "SourceRefused",
        (PlaceError::Refused { .. } | PlaceError::Unsupported(_), Side::Destination) => {
            "DestinationRefused"
        }
        (PlaceError::Corrupt { .. }, _) => "ContentCorrupt",
    }
}

#[cfg(test)]
mod tests {
    use headgate_core::HttpError;

    use super::*;

    #[test]
    fn what_may_pass_is_tried_again_after_a_pause_that_grows_and_not_for_ever() {
        let error = PlaceError::Http(HttpError::TimedOut);
        let pauses: Vec<_> =
            (1..=MOST).map(|failures| judge(&error, Side::Source, failures, 0)).collect();
        let seconds = |seconds| Next::Again(Duration::from_secs_f64(seconds));
        assert_eq!(pauses, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0].map(seconds));
        assert_eq!(judge(&error, Side::Source, MOST + 1, 0), Next::Fail);
        let Next::Again(longest) = judge(&error, Side::Source, 1, 255) else { panic!() };
        assert!(longest > Duration::from_millis(740) && longest < Duration::from_millis(750));
    }

    #[test]
    fn a_place_is_left_alone_as_long_as_it_asks_for() {
        let throttled =
            |seconds| PlaceError::Throttled { retry_after: Some(Duration::from_secs(seconds)) };
        let judge = |error: &PlaceError| judge(error, Side::Destination, 1, 0);
        assert_eq!(judge(&throttled(90)), Next::Again(Duration::from_secs(90)));
        assert_eq!(judge(&throttled(0)), Next::Again(Duration::from_millis(500)));
        assert_eq!(judge(&throttled(3_601)), Next::Fail);
    }

    #[test]
    fn a_source_that_changed_is_read_again_and_what_stays_wrong_fails_at_once() {
        let begin = Next::BeginAgain(Duration::from_millis(500));
        assert_eq!(judge(&PlaceError::Changed, Side::Source, 1, 0), begin);
        assert_eq!(judge(&PlaceError::UploadLost, Side::Destination, 1, 0), begin);
        for error in [
            PlaceError::NotFound,
            PlaceError::Exists,
            PlaceError::Full,
            PlaceError::Denied { detail: String::new() },
            PlaceError::Corrupt { detail: String::new() },
        ] {
            assert_eq!(judge(&error, Side::Destination, 1, 0), Next::Fail, "{error:?}");
        }
    }

    #[test]
    fn keys_that_are_not_to_be_had_at_the_moment_are_waited_for_and_others_are_not() {
        let not_now = PlaceError::Keys(AwsKeysError::NotNow);
        assert!(matches!(judge(&not_now, Side::Source, 1, 0), Next::Again(_)));
        assert_eq!(code(&not_now, Side::Source), "SourceUnavailable");
        for error in [AwsKeysError::Absent, AwsKeysError::Unusable, AwsKeysError::Refused] {
            let error = PlaceError::Keys(error);
            assert_eq!(judge(&error, Side::Destination, 1, 0), Next::Fail, "{error}");
            assert_eq!(code(&error, Side::Destination), "DestinationDenied");
        }
    }
}
