use std::time::Duration;

use headgate_core::Random;

/// What became of one attempt, as far as another depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// A status that may be another one next time, and what `Retry-After` asked for.
    Status(u16, Option<Duration>),
    /// No answer from somebody who may be there.
    Broken,
}

/// How a service wants to be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// Entra's token endpoint.
    Entra,
    /// The instance metadata service of Azure, with the delays that it documents (contracts §6.1).
    Imds,
    /// Another identity endpoint on the machine.
    Local,
}

/// The longest that a flight may wait altogether, whatever it is told.
const ENTRA_PATIENCE: Duration = Duration::from_secs(20);
const LOCAL_PATIENCE: Duration = Duration::from_secs(75);
/// How long IMDS takes at most to be updated (contracts §6.1).
const IMDS_UPDATE: Duration = Duration::from_secs(70);
const IMDS_DELAYS: [u64; 5] = [0, 2, 6, 14, 30];
const FIRST: Duration = Duration::from_millis(500);
const MOST_ATTEMPTS: u32 = 4;

/// Decides how long to wait before attempt number `made` + 1; `None`: there is none. `waited` is what the attempts
/// before took, and `jitter` is between 0 and 1.
pub(crate) fn next_delay(
    service: Service,
    attempt: Attempt,
    made: u32,
    waited: Duration,
    jitter: f64,
) -> Option<Duration> {
    let asked = match attempt {
        Attempt::Status(_, asked) => asked,
        Attempt::Broken => None,
    };
    let spread = |delay: Duration| delay.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0);
    let exponential = || {
        (made < MOST_ATTEMPTS)
            .then(|| spread(FIRST.saturating_mul(1 << made.saturating_sub(1).min(10))))
    };
    let (delay, patience) = match service {
        Service::Entra => match attempt {
            Attempt::Status(408 | 429 | 500 | 502 | 503 | 504, _) | Attempt::Broken => {
                (exponential()?, ENTRA_PATIENCE)
            }
            Attempt::Status(..) => return None,
        },
        Service::Local => match attempt {
            Attempt::Status(429 | 500..=599, _) | Attempt::Broken => {
                (exponential()?, ENTRA_PATIENCE)
            }
            Attempt::Status(..) => return None,
        },
        Service::Imds => {
            let at = usize::try_from(made.saturating_sub(1)).unwrap_or(usize::MAX);
            let delay = || IMDS_DELAYS.get(at).copied().map(Duration::from_secs);
            match attempt {
                // It is being updated, and will be there within 70 seconds.
                Attempt::Status(410, _) if waited < IMDS_UPDATE => (
                    delay().unwrap_or(Duration::from_secs(10)).max(Duration::from_secs(2)),
                    LOCAL_PATIENCE,
                ),
                Attempt::Status(500..=599, _) => {
                    (delay()?.max(Duration::from_secs(1)), LOCAL_PATIENCE)
                }
                Attempt::Status(404 | 429, _) | Attempt::Broken => (delay()?, LOCAL_PATIENCE),
                Attempt::Status(..) => return None,
            }
        }
    };
    let delay = delay
        .max(asked.map(|asked| asked + spread(Duration::from_millis(200))).unwrap_or_default());
    (waited + delay <= patience).then_some(delay)
}

/// A number from 0 to 1.
pub(crate) fn jitter(random: &impl Random) -> f64 {
    let mut bytes = [0; 4];
    random.fill(&mut bytes);
    f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn delays(service: Service, attempt: Attempt) -> Vec<u128> {
        let (mut waited, mut delays) = (Duration::ZERO, Vec::new());
        for made in 1.. {
            let Some(delay) = next_delay(service, attempt, made, waited, 1.0) else { break };
            waited += delay;
            delays.push(delay.as_millis());
        }
        delays
    }

    #[test]
    fn entra_is_asked_four_times_with_growing_pauses() {
        assert_eq!(delays(Service::Entra, Attempt::Status(503, None)), [500, 1_000, 2_000]);
        assert_eq!(delays(Service::Entra, Attempt::Broken), [500, 1_000, 2_000]);
        assert_eq!(delays(Service::Entra, Attempt::Status(400, None)), [0; 0]);
        assert_eq!(delays(Service::Entra, Attempt::Status(401, Some(seconds(1)))), [0; 0]);
    }

    #[test]
    fn what_retry_after_asks_for_is_kept_to_or_not_waited_for_at_all() {
        assert_eq!(
            delays(Service::Entra, Attempt::Status(429, Some(seconds(3)))),
            [3_200, 3_200, 3_200]
        );
        assert_eq!(delays(Service::Entra, Attempt::Status(429, Some(seconds(21)))), [0; 0]);
    }

    #[test]
    fn imds_is_asked_by_its_own_schedule() {
        assert_eq!(
            delays(Service::Imds, Attempt::Status(429, None)),
            [0, 2_000, 6_000, 14_000, 30_000]
        );
        assert_eq!(delays(Service::Imds, Attempt::Status(404, None)).len(), 5);
        assert_eq!(delays(Service::Imds, Attempt::Status(500, None))[0], 1_000);
        assert_eq!(delays(Service::Imds, Attempt::Status(400, None)), [0; 0]);
        let updating: u128 = delays(Service::Imds, Attempt::Status(410, None)).iter().sum();
        assert!((60_000..=75_000).contains(&updating), "{updating}");
    }

    proptest! {
        #[test]
        fn no_schedule_waits_longer_than_its_patience(
            status in 400_u16..600, asked in proptest::option::of(0_u64..100), jitter in 0.0..=1.0,
        ) {
            for service in [Service::Entra, Service::Imds, Service::Local] {
                let mut waited = Duration::ZERO;
                for made in 1..100 {
                    let attempt = Attempt::Status(status, asked.map(seconds));
                    let Some(delay) = next_delay(service, attempt, made, waited, jitter) else { break };
                    prop_assert!(made < 50);
                    prop_assert!(asked.is_none_or(|asked| delay >= seconds(asked)));
                    waited += delay;
                }
                prop_assert!(waited <= LOCAL_PATIENCE);
            }
        }
    }
}
