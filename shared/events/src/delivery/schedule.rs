use std::time::Duration;

use super::outcome::DeliveryOutcome;

/// When a delivery that failed is tried again (contracts §3.6).
#[derive(Clone, Copy, Debug)]
pub struct Schedule;

impl Schedule {
    /// The least time between two attempts.
    pub const LEAST: Duration = Duration::from_secs(10);
    /// The longest time between two attempts, whatever a sink asks for: an event's longest life.
    pub const MOST: Duration = Duration::from_secs(24 * 60 * 60);

    /// Event Grid's steps: 10 s, 30 s, 1 min, 5 min, 10 min, 30 min, 1 h, 3 h, 6 h, and then every 12 h.
    const STEPS: [u64; 9] = [10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600];
    const LAST_STEP: u64 = 43_200;

    /// The step after `attempts` attempts, of which there was one at least.
    #[must_use]
    pub fn step(attempts: u32) -> Duration {
        let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        Duration::from_secs(Self::STEPS.get(index).copied().unwrap_or(Self::LAST_STEP))
    }
}

/// How long to wait after the attempt that was the `attempts`th; `None` when there is nothing to try again.
///
/// `jitter` adds up to a tenth, so that what failed together does not come back together: 0 is none, 255 all of it.
#[must_use]
pub fn next_attempt(attempts: u32, outcome: &DeliveryOutcome, jitter: u8) -> Option<Duration> {
    match outcome {
        DeliveryOutcome::Delivered | DeliveryOutcome::Refused { .. } => None,
        DeliveryOutcome::Failed { least, .. } => {
            let wait = Schedule::step(attempts).max(*least).min(Schedule::MOST);
            Some(wait + wait * u32::from(jitter) / 2_550)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::OutcomeName;
    use super::*;

    fn failed(least: u64) -> DeliveryOutcome {
        let least = Duration::from_secs(least);
        DeliveryOutcome::Failed { outcome: OutcomeName::Busy, least }
    }

    fn wait(attempts: u32, least: u64, jitter: u8) -> u64 {
        next_attempt(attempts, &failed(least), jitter).unwrap().as_secs()
    }

    #[test]
    fn the_schedule_is_event_grids() {
        let waits: Vec<_> = (1..=12).map(|attempts| wait(attempts, 10, 0)).collect();
        let hours = 3_600;
        assert_eq!(
            waits,
            [
                10,
                30,
                60,
                5 * 60,
                10 * 60,
                30 * 60,
                hours,
                3 * hours,
                6 * hours,
                12 * hours,
                12 * hours,
                12 * hours
            ]
        );
    }

    #[test]
    fn what_the_answer_asks_for_is_waited_for_at_least() {
        assert_eq!(wait(1, 300, 0), 300);
        assert_eq!(wait(5, 300, 0), 600);
        assert_eq!(wait(1, u64::MAX, 0), 86_400);
    }

    #[test]
    fn jitter_adds_up_to_a_tenth_and_takes_nothing_away() {
        assert_eq!(wait(4, 10, 0), 300);
        assert_eq!(wait(4, 10, 255), 330);
        assert!((300..=330).contains(&wait(4, 10, 77)));
    }

    #[test]
    fn nothing_is_tried_again_after_success_or_a_final_refusal() {
        assert_eq!(next_attempt(1, &DeliveryOutcome::Delivered, 0), None);
        let refused = DeliveryOutcome::Refused { outcome: OutcomeName::BadRequest };
        assert_eq!(next_attempt(1, &refused, 0), None);
    }
}
