use std::time::Duration;

use headgate_core::Timestamp;

use crate::moment_of::moment_of;

/// A time as RFC 3339 has it, kept as it was written: any number of fractional digits, any offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventTime(String);

impl EventTime {
    /// Takes a time that is written by RFC 3339; `None` when it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_rfc_3339(text).then(|| Self(text.to_owned()))
    }

    /// The time as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The moment, to the nanosecond; one before 1970 is the epoch.
    #[must_use]
    pub fn timestamp(&self) -> Option<Timestamp> {
        moment_of(&self.0)
    }
}

/// Seven fractional digits and `Z`, as the events of API Management have (contracts §1.2).
impl From<Timestamp> for EventTime {
    fn from(timestamp: Timestamp) -> Self {
        let ticks = timestamp.since(Timestamp::since_epoch(Duration::ZERO)).subsec_nanos() / 100;
        let written = timestamp.to_string();
        let seconds = written.split_once('.').map_or(written.as_str(), |(seconds, _)| seconds);
        Self(format!("{seconds}.{ticks:07}Z"))
    }
}

fn is_rfc_3339(text: &str) -> bool {
    let mut rest = Rest(text.as_bytes());
    rest.date_time().is_some() && rest.0.is_empty()
}

struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn date_time(&mut self) -> Option<()> {
        let year = self.number(4, 0..=9999)?;
        self.one_of(b"-")?;
        let month = self.number(2, 1..=12)?;
        self.one_of(b"-")?;
        self.number(2, 1..=days_in(year, month))?;
        self.one_of(b"Tt")?;
        self.number(2, 0..=23)?;
        self.one_of(b":")?;
        self.number(2, 0..=59)?;
        self.one_of(b":")?;
        // 60 is a leap second.
        self.number(2, 0..=60)?;
        if self.one_of(b".").is_some() {
            self.digit()?;
            while self.digit().is_some() {}
        }
        if self.one_of(b"Zz").is_some() {
            return Some(());
        }
        self.one_of(b"+-")?;
        self.number(2, 0..=23)?;
        self.one_of(b":")?;
        self.number(2, 0..=59)?;
        Some(())
    }

    fn number(&mut self, digits: usize, allowed: std::ops::RangeInclusive<u32>) -> Option<u32> {
        let mut number = 0;
        for _ in 0..digits {
            number = number * 10 + self.digit()?;
        }
        allowed.contains(&number).then_some(number)
    }

    fn digit(&mut self) -> Option<u32> {
        self.one_of(b"0123456789").map(|digit| u32::from(digit - b'0'))
    }

    fn one_of(&mut self, allowed: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        if !allowed.contains(first) {
            return None;
        }
        self.0 = rest;
        Some(*first)
    }
}

const fn days_in(year: u32, month: u32) -> u32 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_any_precision_and_offset_is_kept_as_it_was_written() {
        for text in [
            "2025-04-02T00:47:48Z",
            "2025-04-02T00:47:48.8269769Z",
            "2025-04-02t00:47:48.1z",
            "1996-12-19T16:39:57-08:00",
            "2024-02-29T23:59:60.123456789012+14:00",
        ] {
            assert_eq!(EventTime::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_rfc_3339_does_not_allow_is_refused() {
        for text in [
            "",
            "2025-04-02",
            "2025-04-02 00:47:48Z",
            "2025-04-02T00:47:48",
            "2025-04-02T00:47:48.Z",
            "2025-02-29T00:47:48Z",
            "2025-13-02T00:47:48Z",
            "2025-04-02T24:47:48Z",
            "2025-04-02T00:47:48+0100",
            "2025-04-02T00:47:48Z ",
            "+025-04-02T00:47:48Z",
            "2025-04-02T00:47:48٫8Z",
        ] {
            assert_eq!(EventTime::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_moment_is_written_with_seven_digits() {
        let moment = Timestamp::since_epoch(Duration::new(1_743_554_868, 826_976_999));
        assert_eq!(EventTime::from(moment).as_str(), "2025-04-02T00:47:48.8269769Z");
        let whole = EventTime::from(Timestamp::from_secs(1_743_554_868));
        assert_eq!(whole.as_str(), "2025-04-02T00:47:48.0000000Z");
        assert!(EventTime::parse(whole.as_str()).is_some());
    }
}
