use std::time::Duration;

/// How much one round of deliveries may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many entries are looked at.
    pub entries: usize,
    /// How many attempts are made.
    pub attempts: usize,
    /// How many entries are worked on at a time.
    pub parallel: usize,
    /// When no further entry is begun. What is begun ends within the longest timeout of its sinks.
    pub time: Duration,
}

impl Default for Limits {
    /// 1,000 entries, 250 attempts, 8 at a time, 20 seconds.
    fn default() -> Self {
        Self { entries: 1_000, attempts: 250, parallel: 8, time: Duration::from_secs(20) }
    }
}

/// What a round of deliveries has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deliveries {
    /// How often a sink has taken an event.
    pub delivered: usize,
    /// How often one has not, and will be asked again.
    pub failed: usize,
    /// How many dead letters were written.
    pub dead_lettered: usize,
}
