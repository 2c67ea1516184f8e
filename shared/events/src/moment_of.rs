use std::time::Duration;

use headgate_core::Timestamp;

/// The moment of a time that is known to be written by RFC 3339: the digits stand where they must and fit the calendar.
pub(crate) fn moment_of(text: &str) -> Option<Timestamp> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let days = days_from_civil(number(0..4)?, number(5..7)?, number(8..10)?);
    let of_day = (number(11..13)? * 60 + number(14..16)?) * 60 + number(17..19)?;
    let rest = text.get(19..)?;
    let zone_at = rest.find(['Z', 'z', '+', '-'])?;
    let (fraction, zone) = rest.split_at(zone_at);
    let nanoseconds: u32 = match fraction.strip_prefix('.') {
        Some(digits) => {
            digits.chars().chain(std::iter::repeat('0')).take(9).collect::<String>().parse().ok()?
        }
        None => 0,
    };
    let offset = match zone.get(1..3).zip(zone.get(4..6)) {
        Some((hours, minutes)) => {
            let minutes = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
            if zone.starts_with('-') { -minutes } else { minutes }
        }
        None => 0,
    };
    let seconds = days * 86_400 + of_day - offset * 60;
    let since_epoch = match u64::try_from(seconds) {
        Ok(seconds) => Duration::new(seconds, nanoseconds),
        Err(_) => Duration::ZERO,
    };
    Some(Timestamp::since_epoch(since_epoch))
}

/// The days from 1970-01-01 to a date of the proleptic Gregorian calendar, counted in years that begin in March.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EventTime;

    fn read(text: &str) -> Option<Timestamp> {
        EventTime::parse(text)?.timestamp()
    }

    #[test]
    fn a_time_is_read_to_the_nanosecond_whatever_its_offset() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
            ("2000-02-29T23:59:59.999Z", "2000-02-29T23:59:59.999Z"),
            ("2025-04-02T00:47:48.8269769Z", "2025-04-02T00:47:48.826Z"),
            ("1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57.000Z"),
            ("2025-04-02t02:47:48.1+02:00", "2025-04-02T00:47:48.100Z"),
            ("1969-12-31T23:59:59Z", "1970-01-01T00:00:00.000Z"),
            ("2100-02-28T23:59:60Z", "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(read(text).unwrap().to_string(), expected, "{text}");
        }
        for text in ["", "2025-04-02", "2025-02-29T00:00:00Z", "2025-04-02T00:47:48", "now"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
