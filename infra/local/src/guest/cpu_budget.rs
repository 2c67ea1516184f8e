use std::time::Duration;

/// How long the host's epoch lasts: a guest that runs is looked at this often.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// The CPU time that the requests of one instance may still use, in ticks of the host's epoch.
///
/// A tick counts when it finds the guest running, so waiting costs nothing. A request that comes in has the whole limit
/// before it. While a guest computes without pause no request comes in, so a loop always ends.
#[derive(Debug)]
pub(crate) struct CpuBudget {
    limit: u64,
    left: u64,
}

impl CpuBudget {
    pub(crate) fn new(limit: Duration) -> Self {
        let limit = u64::try_from(limit.as_millis().div_ceil(TICK.as_millis())).unwrap_or(u64::MAX);
        Self { limit, left: limit }
    }

    /// A request begins.
    pub(crate) fn renew(&mut self) {
        self.left = self.limit;
    }

    /// A tick found the guest running; says whether it may go on.
    pub(crate) fn spend_tick(&mut self) -> bool {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_runs_for_its_limit_and_no_longer() {
        let mut budget = CpuBudget::new(Duration::from_millis(25));
        assert_eq!([0; 4].map(|_| budget.spend_tick()), [true, true, true, false]);
    }

    #[test]
    fn a_new_request_has_the_whole_limit() {
        let mut budget = CpuBudget::new(Duration::from_millis(10));
        assert!(budget.spend_tick());
        assert!(!budget.spend_tick());
        budget.renew();
        assert!(budget.spend_tick());
    }
}
