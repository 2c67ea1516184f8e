use std::time::Duration;

use http::StatusCode;

use super::error_reason::ErrorReason;
use super::name::RuleName;

/// One of `circuitBreaker.rules` (contracts §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `name`, once in its backend.
    pub name: RuleName,
    /// `failureCondition`: when the rule trips.
    pub condition: FailureCondition,
    /// `tripDuration`: 100 ms to 365 days; an hour when it is not given, as in API Management's portal.
    pub trip_duration: Duration,
    /// `acceptRetryAfter`: the `Retry-After` of the response that trips the rule replaces `tripDuration`.
    pub accept_retry_after: bool,
    /// `failureResponse.statusCode`: what a caller gets while the backend is open; 503 when it is not given.
    pub failure_status: StatusCode,
    /// `halfOpen`, Headgate's own; without it the breaker closes when the trip is over, as API Management's does.
    pub half_open: Option<HalfOpen>,
}

/// `failureCondition` of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureCondition {
    /// `count` or `percentage`.
    pub threshold: Threshold,
    /// `interval`: 100 ms to 365 days; an hour when it is not given, as in API Management's portal.
    pub interval: Duration,
    /// `statusCodeRanges`, at most 10.
    pub status_code_ranges: Vec<StatusRange>,
    /// `errorReasons`, at most 10.
    pub error_reasons: Vec<ErrorReason>,
    /// `minimumCalls`, Headgate's own: with fewer calls in the interval the rule does not trip. 0 when it is not given.
    pub minimum_calls: u64,
}

/// How many failures trip a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// `count`: this many within the interval; at least 1.
    Count(u64),
    /// `percentage`: this share of the calls within the interval, or more; 1 to 100.
    Percentage(u8),
}

/// One of `statusCodeRanges`: both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusRange {
    /// `min`, 200 to 599.
    pub min: u16,
    /// `max`, 200 to 599.
    pub max: u16,
}

impl StatusRange {
    /// Whether the status lies in the range.
    #[must_use]
    pub fn contains(self, status: StatusCode) -> bool {
        (self.min..=self.max).contains(&status.as_u16())
    }
}

/// `halfOpen`: how a breaker finds out that its backend is well again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HalfOpen {
    /// `probes`: so many calls must succeed after the trip before the breaker closes; 1 to 100. A call that fails opens
    /// it again.
    pub probes: u32,
}
