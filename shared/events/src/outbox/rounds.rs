use std::time::Duration;

use headgate_core::{KeyValueError, Random, Timer};

use super::recorded::RecordedError;
use crate::error::EventErrorKind;

/// How often a [`Recorded`](super::Recorded) state is judged again that others have changed meanwhile. Each time, one of
/// them has succeeded.
const CONFLICTS: u32 = 64;

/// How often the store may fail meanwhile.
const FAILURES: u32 = 3;

/// How long to go on with one change of a [`Recorded`](super::Recorded) state: read, judged and swapped, until it is stored
/// or there is no point in trying again.
///
/// ```
/// # use headgate_core::{KeyValue, Random, Swap, Timer};
/// # use headgate_events::{ChangeError, Recorded, Rounds};
/// # async fn count(
/// #     store: impl KeyValue, timer: impl Timer, random: impl Random,
/// # ) -> Result<u32, ChangeError> {
/// let mut rounds = Rounds::default();
/// loop {
///     let value = match store.get("count").await {
///         Ok(value) => value,
///         Err(error) => {
///             rounds.failed(error)?;
///             continue;
///         }
///     };
///     let record = value.as_deref().map_or(Ok(Recorded::new(0)), Recorded::decode)?;
///     let next = record.state + 1;
///     let changed = record.with_state(next).encode()?;
///     match store.compare_and_swap("count", value.as_deref(), &changed).await {
///         Ok(Swap::Stored) => return Ok(next),
///         Ok(Swap::Conflict) => rounds.conflicted(&timer, &random).await?,
///         Err(error) => rounds.failed(error)?,
///     }
/// }
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Rounds {
    conflicts: u32,
    failures: u32,
}

/// Why a state was not changed, or may not have been.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The store did not answer, or never takes the record.
    #[error(transparent)]
    Store(#[from] KeyValueError),
    /// The record is one that this version does not read, or grew too long.
    #[error(transparent)]
    Record(#[from] RecordedError),
    /// A change has no event.
    #[error(transparent)]
    Event(#[from] EventErrorKind),
    /// Others have changed the record each time.
    #[error("others change the record all the time")]
    Contended,
}

impl ChangeError {
    /// Whether the store never takes the record, however often it is asked.
    #[must_use]
    pub const fn is_too_long(&self) -> bool {
        match self {
            Self::Store(error) => error.is_too_long(),
            Self::Record(error) => error.is_too_long(),
            Self::Event(_) | Self::Contended => false,
        }
    }
}

impl Rounds {
    /// Notes that the store has failed.
    ///
    /// # Errors
    ///
    /// [`ChangeError::Store`] when it has done so three times, or when it never takes the record.
    pub fn failed(&mut self, error: KeyValueError) -> Result<(), ChangeError> {
        self.failures += 1;
        match self.failures < FAILURES && !error.is_too_long() {
            true => Ok(()),
            false => Err(ChangeError::Store(error)),
        }
    }

    /// Notes that another has changed the record meanwhile, and waits: not after the first time, then a random part of a
    /// span that doubles up to 64 ms, so that those who came together come apart.
    ///
    /// # Errors
    ///
    /// [`ChangeError::Contended`] when others have done so 64 times.
    pub async fn conflicted(
        &mut self,
        timer: &impl Timer,
        random: &impl Random,
    ) -> Result<(), ChangeError> {
        self.conflicts += 1;
        if self.conflicts == CONFLICTS {
            return Err(ChangeError::Contended);
        }
        if self.conflicts > 1 {
            timer.sleep(pause(self.conflicts, random)).await;
        }
        Ok(())
    }
}

fn pause(conflicts: u32, random: &impl Random) -> Duration {
    let span = 1_000_u64 << conflicts.min(7) >> 1;
    let mut drawn = [0; 8];
    random.fill(&mut drawn);
    Duration::from_micros(u64::from_be_bytes(drawn) % span)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use headgate_fakes::now;

    use super::super::hand_over::HandOverError;
    use super::*;

    struct Fixed(u64);

    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.copy_from_slice(&self.0.to_be_bytes());
        }
    }

    /// Notes for how long somebody would sleep.
    #[derive(Default)]
    struct Slept(Mutex<Vec<Duration>>);

    impl Timer for Slept {
        async fn sleep(&self, duration: Duration) {
            self.0.lock().unwrap().push(duration);
        }
    }

    #[test]
    fn a_first_conflict_is_no_reason_to_wait_and_the_span_of_the_others_ends_at_64_ms() {
        let (mut rounds, slept) = (Rounds::default(), Slept::default());
        // One less than a multiple of every span.
        let longest = Fixed(64_000 * 1_000 - 1);
        for _ in 1..CONFLICTS {
            now(rounds.conflicted(&slept, &longest)).unwrap();
        }
        let contended = now(rounds.conflicted(&slept, &longest));
        assert!(matches!(contended, Err(ChangeError::Contended)));
        let slept = slept.0.into_inner().unwrap();
        let spans: Vec<_> = slept.iter().map(|slept| slept.as_micros() + 1).collect();
        assert_eq!(spans[..6], [2_000, 4_000, 8_000, 16_000, 32_000, 64_000]);
        assert_eq!(spans[6..], [64_000; 56]);
    }

    #[test]
    fn a_store_may_fail_twice_but_is_not_asked_again_to_take_what_it_never_takes() {
        let down = || KeyValueError::Unavailable("down".to_owned());
        let mut rounds = Rounds::default();
        rounds.failed(down()).unwrap();
        rounds.failed(down()).unwrap();
        assert!(matches!(rounds.failed(down()), Err(ChangeError::Store(_))));
        let too_long = KeyValueError::TooLong { most: 1 };
        assert!(matches!(Rounds::default().failed(too_long), Err(ChangeError::Store(_))));
    }

    #[test]
    fn what_no_store_takes_is_told_from_what_may_be_tried_again() {
        let too_long = KeyValueError::TooLong { most: 1 };
        assert!(ChangeError::from(too_long.clone()).is_too_long());
        assert!(HandOverError::from(too_long).is_too_long());
        assert!(ChangeError::from(RecordedError::TooLong).is_too_long());
        assert!(HandOverError::from(RecordedError::TooLong).is_too_long());
        let down = KeyValueError::Unavailable("down".to_owned());
        assert!(!ChangeError::from(down.clone()).is_too_long());
        assert!(!HandOverError::from(down).is_too_long());
        assert!(!ChangeError::Contended.is_too_long() && !HandOverError::Contended.is_too_long());
    }
}
