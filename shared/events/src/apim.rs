//! The events that API Management publishes about its data plane (contracts §1.1, §1.3, §1.4).

use std::time::Duration;

use headgate_core::Timestamp;
use serde_json::{Value, json};

use crate::data::{Data, Json};
use crate::error::EventErrorKind;
use crate::event::Event;
use crate::event_time::EventTime;

/// A backend's circuit has opened.
pub const CIRCUIT_BREAKER_OPENED: &str = "Microsoft.ApiManagement.CircuitBreaker.Opened";
/// A backend's circuit has closed.
pub const CIRCUIT_BREAKER_CLOSED: &str = "Microsoft.ApiManagement.CircuitBreaker.Closed";
/// The token of a self-hosted gateway will expire soon.
pub const GATEWAY_TOKEN_NEAR_EXPIRY: &str = "Microsoft.ApiManagement.GatewayTokenNearExpiry";
/// The token of a self-hosted gateway has expired.
pub const GATEWAY_TOKEN_EXPIRED: &str = "Microsoft.ApiManagement.GatewayTokenExpired";

/// What every event says of itself.
#[derive(Clone, Debug)]
pub struct Envelope<'a> {
    /// The id, as [`event_id`](crate::event_id) makes one.
    pub id: String,
    /// Where it happened: for API Management the service's resource id.
    pub source: &'a str,
    /// When it happened.
    pub time: Timestamp,
}

/// A rule of a backend's circuit breaker.
#[derive(Clone, Copy, Debug)]
pub struct BreakerRule<'a> {
    /// The backend's name.
    pub backend: &'a str,
    /// The rule's name.
    pub rule: &'a str,
    /// How long the circuit stays open.
    pub trip_duration: Duration,
}

/// The token of an instance of a self-hosted gateway.
#[derive(Clone, Copy, Debug)]
pub struct GatewayToken<'a> {
    /// The gateway's id: its name, or whatever its owner calls it.
    pub gateway: &'a str,
    /// The instance's id.
    pub instance: &'a str,
    /// When the token expires or has expired.
    pub expiry: Timestamp,
}

/// Makes the event that a circuit has opened.
///
/// # Errors
///
/// [`EventErrorKind`] when a name is empty or holds control characters; the same for the other events.
pub fn circuit_breaker_opened(
    envelope: Envelope<'_>,
    rule: &BreakerRule<'_>,
) -> Result<Event, EventErrorKind> {
    breaker(CIRCUIT_BREAKER_OPENED, envelope, rule)
}

/// Makes the event that a circuit has closed; it has the same data.
///
/// # Errors
///
/// As [`circuit_breaker_opened`].
pub fn circuit_breaker_closed(
    envelope: Envelope<'_>,
    rule: &BreakerRule<'_>,
) -> Result<Event, EventErrorKind> {
    breaker(CIRCUIT_BREAKER_CLOSED, envelope, rule)
}

/// Makes the event that a gateway's token will expire soon: `expiresAtUtc`.
///
/// # Errors
///
/// As [`circuit_breaker_opened`].
pub fn gateway_token_near_expiry(
    envelope: Envelope<'_>,
    token: &GatewayToken<'_>,
) -> Result<Event, EventErrorKind> {
    gateway_token(GATEWAY_TOKEN_NEAR_EXPIRY, "expiresAtUtc", envelope, token)
}

/// Makes the event that a gateway's token has expired: `expiredAtUtc`.
///
/// # Errors
///
/// As [`circuit_breaker_opened`].
pub fn gateway_token_expired(
    envelope: Envelope<'_>,
    token: &GatewayToken<'_>,
) -> Result<Event, EventErrorKind> {
    gateway_token(GATEWAY_TOKEN_EXPIRED, "expiredAtUtc", envelope, token)
}

fn breaker(
    event_type: &str,
    envelope: Envelope<'_>,
    rule: &BreakerRule<'_>,
) -> Result<Event, EventErrorKind> {
    let BreakerRule { backend, rule, trip_duration } = *rule;
    let subject = subject(["backends", backend, "circuit-breaker", "rules", rule])?;
    // An object by the rule's name; in a backend's ARM resource it is an array.
    let data = json!({
        "backendName": backend,
        "circuitBreaker": { "rules": { rule: { "tripDuration": time_span(trip_duration) } } },
    });
    event(event_type, envelope, subject, &data)
}

fn gateway_token(
    event_type: &str,
    expiry_name: &str,
    envelope: Envelope<'_>,
    token: &GatewayToken<'_>,
) -> Result<Event, EventErrorKind> {
    let GatewayToken { gateway, instance, expiry } = *token;
    let subject = subject(["gateways", gateway, instance])?;
    let data = json!({
        "gatewayInfo": { "gatewayId": gateway, "instanceId": instance },
        "tokenInfo": { expiry_name: EventTime::from(expiry).as_str() },
    });
    event(event_type, envelope, subject, &data)
}

fn subject<const N: usize>(segments: [&str; N]) -> Result<String, EventErrorKind> {
    if segments.iter().any(|segment| segment.is_empty()) {
        return Err(EventErrorKind::Empty { name: "subject".into() });
    }
    Ok(segments.iter().flat_map(|segment| ["/", segment]).collect())
}

fn event(
    event_type: &str,
    envelope: Envelope<'_>,
    subject: String,
    data: &Value,
) -> Result<Event, EventErrorKind> {
    Event::new(envelope.id, envelope.source, event_type)?
        .with_subject(subject)?
        .with_time(envelope.time)
        .with_data(Data::Json(Json::from(data)), None)
}

/// A duration as .NET writes a `TimeSpan`: `hh:mm:ss`, with days before and seven fractional digits behind when there
/// are any.
#[must_use]
pub fn time_span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    let days = if days == 0 { String::new() } else { format!("{days}.") };
    let clock = format!("{:02}:{:02}:{:02}", of_day / 3_600, of_day / 60 % 60, of_day % 60);
    match duration.subsec_nanos() / 100 {
        0 => format!("{days}{clock}"),
        ticks => format!("{days}{clock}.{ticks:07}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_written_as_a_time_span() {
        for (duration, written) in [
            (Duration::from_secs(1), "00:00:01"),
            (Duration::from_secs(3_600), "01:00:00"),
            (Duration::from_secs(86_399), "23:59:59"),
            (Duration::from_secs(86_400), "1.00:00:00"),
            (Duration::from_secs(10 * 86_400 + 61), "10.00:01:01"),
            (Duration::from_millis(1_500), "00:00:01.5000000"),
        ] {
            assert_eq!(time_span(duration), written);
        }
    }

    #[test]
    fn a_rule_without_a_name_makes_no_event() {
        let envelope = Envelope { id: "1".into(), source: "/s", time: Timestamp::from_secs(0) };
        let rule = BreakerRule { backend: "orders", rule: "", trip_duration: Duration::ZERO };
        assert!(circuit_breaker_opened(envelope, &rule).is_err());
    }
}
