//! Durations as ARM and .NET write them.

use std::time::Duration;

use super::error::BackendsErrorKind;

/// The shortest duration that is taken: below it a window's parts would be shorter than the clock is exact.
const SHORTEST: Duration = Duration::from_millis(100);

/// The longest duration that is taken.
pub(super) const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// Reads an ISO 8601 duration from days to seconds (`P1DT2H30M4.5S`) or a .NET `TimeSpan` (`[d.]hh:mm:ss[.fffffff]`).
///
/// Years, months and weeks are refused: a year and a month have no fixed length, and ARM takes no weeks. The seconds may
/// have a fraction; what is less than a nanosecond is dropped.
///
/// # Errors
///
/// The kind of fault: the text is neither, or it is shorter than 100 ms or longer than 365 days.
pub(crate) fn parse(text: &str) -> Result<Duration, BackendsErrorKind> {
    let duration = match text.strip_prefix('P') {
        Some(rest) => iso_8601(rest)?,
        None => time_span(text).ok_or(BackendsErrorKind::NotDuration)?,
    };
    if duration < SHORTEST {
        return Err(BackendsErrorKind::DurationShort);
    }
    if duration > LONGEST {
        return Err(BackendsErrorKind::DurationLong);
    }
    Ok(duration)
}

/// What follows the `P`.
fn iso_8601(text: &str) -> Result<Duration, BackendsErrorKind> {
    let (date, time) = match text.split_once('T') {
        Some((_, "")) => return Err(BackendsErrorKind::NotDuration),
        Some((date, time)) => (date, time),
        None if text.is_empty() => return Err(BackendsErrorKind::NotDuration),
        None => (text, ""),
    };
    if date.contains(['Y', 'M', 'W']) {
        return Err(BackendsErrorKind::CalendarUnit);
    }
    let days = units(date, &[('D', 86_400)]);
    let time = units(time, &[('H', 3_600), ('M', 60), ('S', 1)]);
    match (days, time) {
        (Some(days), Some(time)) => Ok(days.saturating_add(time)),
        _ => Err(BackendsErrorKind::NotDuration),
    }
}

/// Reads `text` as numbers, each with one of the units, in their order; only seconds may have a fraction.
fn units(text: &str, units: &[(char, u64)]) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    for (unit, seconds) in units {
        let Some((number, after)) = rest.split_once(*unit) else {
            continue;
        };
        let (whole, fraction) = match number.split_once(['.', ',']) {
            Some((whole, fraction)) if *unit == 'S' => (whole, nanoseconds(fraction, usize::MAX)?),
            Some(_) => return None,
            None => (number, 0),
        };
        // Twelve digits of days are far beyond the longest duration, and far from overflowing.
        let whole = digits(whole, 12)?;
        total = total.saturating_add(Duration::new(whole.saturating_mul(*seconds), fraction));
        rest = after;
    }
    rest.is_empty().then_some(total)
}

fn time_span(text: &str) -> Option<Duration> {
    let (hours, rest) = text.split_once(':')?;
    let (minutes, seconds) = rest.split_once(':')?;
    let (days, hours) = hours.split_once('.').unwrap_or(("0", hours));
    let (seconds, fraction) = match seconds.split_once('.') {
        Some((seconds, fraction)) => (seconds, nanoseconds(fraction, 7)?),
        None => (seconds, 0),
    };
    let below = |text: &str, limit: u64| digits(text, 2).filter(|number| *number < limit);
    let (days, hours) = (digits(days, 8)?, below(hours, 24)?);
    let seconds = ((days * 24 + hours) * 60 + below(minutes, 60)?) * 60 + below(seconds, 60)?;
    Some(Duration::new(seconds, fraction))
}

fn digits(text: &str, most: usize) -> Option<u64> {
    let plain = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// The digits behind the point, at most `most` of them, as nanoseconds.
fn nanoseconds(text: &str, most: usize) -> Option<u32> {
    let plain = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !plain {
        return None;
    }
    let padded = text.chars().chain(std::iter::repeat('0')).take(9);
    padded.collect::<String>().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(text: &str) -> Result<u128, BackendsErrorKind> {
        parse(text).map(|duration| duration.as_millis())
    }

    #[test]
    fn an_iso_8601_duration_is_read_from_days_to_seconds() {
        for (text, expected) in [
            ("PT1H", 3_600_000),
            ("P1D", 86_400_000),
            ("PT10S", 10_000),
            ("PT0.5S", 500),
            ("PT1,25S", 1_250),
            ("P1DT2H3M4.005S", 93_784_005),
            ("PT90M", 5_400_000),
            ("P0DT1H", 3_600_000),
            ("PT0H0M1S", 1_000),
            ("P365D", 31_536_000_000),
            ("PT0.1000000000000S", 100),
        ] {
            assert_eq!(milliseconds(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_net_time_span_is_read() {
        for (text, expected) in [
            ("01:00:00", 3_600_000),
            ("00:00:01", 1_000),
            ("1.02:03:04", 93_784_000),
            ("00:00:00.5", 500),
            ("00:00:01.2500000", 1_250),
            ("1:2:3", 3_723_000),
        ] {
            assert_eq!(milliseconds(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in [
            "",
            "P",
            "PT",
            "P1",
            "PT1",
            "1H",
            "PT1H2",
            "PT1S1M",
            "PT1M1M",
            "PT-1S",
            "-PT1H",
            "+PT1H",
            "P1DT",
            "PT1.5H",
            "P1.5D",
            "PT.5S",
            "PT1.S",
            "PT1H ",
            "pt1h",
            "60",
            "1 hour",
            "00:60:00",
            "00:00:60",
            "24:00:00",
            "00:05",
            "00:00:00.12345678",
            "00:00:00:00",
            "1..00:00:00",
            "-00:00:01",
            "PT1e3S",
            "PT٣S",
            "PT1234567890123S",
        ] {
            assert_eq!(milliseconds(text), Err(BackendsErrorKind::NotDuration), "{text}");
        }
    }

    #[test]
    fn years_months_and_weeks_are_refused_by_name() {
        for text in ["P1Y", "P1M", "P2W", "P1Y2M3DT4H", "P1MT1M"] {
            assert_eq!(milliseconds(text), Err(BackendsErrorKind::CalendarUnit), "{text}");
        }
    }

    #[test]
    fn zero_and_absurd_durations_are_refused() {
        for text in ["PT0S", "P0D", "00:00:00", "PT0.0999S"] {
            assert_eq!(milliseconds(text), Err(BackendsErrorKind::DurationShort), "{text}");
        }
        for text in ["P366D", "P999999999999D", "99999999.00:00:00", "PT999999999999H"] {
            assert_eq!(milliseconds(text), Err(BackendsErrorKind::DurationLong), "{text}");
        }
    }
}
