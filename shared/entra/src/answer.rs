use std::time::Duration;

use headgate_core::{Secret, Timestamp};
use serde_json::Value;

use crate::access_token::Times;
use crate::{AccessToken, TokenError};

/// What a token endpoint or an identity endpoint gave.
pub(crate) struct Granted {
    pub(crate) token: AccessToken,
    /// For the next time, when there was one.
    pub(crate) refresh_token: Option<Secret>,
}

/// The longest that a token may claim to last: a continuous-access one lasts 28 hours at most (contracts §5.1).
const LONGEST: Duration = Duration::from_secs(48 * 60 * 60);

impl Granted {
    /// Reads an answer that came at `now`: numbers as numbers or texts, the end as `expires_in` or `expires_on`
    /// (contracts §5.4, 6.1, 6.2).
    pub(crate) fn read(mut body: Value, now: Timestamp) -> Result<Self, TokenError> {
        let mut secret = |name: &str| match body.get_mut(name).map(Value::take) {
            Some(Value::String(text)) if !text.is_empty() => Some(Secret::new(text)),
            _ => None,
        };
        let (access, refresh_token) = (secret("access_token"), secret("refresh_token"));
        let bearer = match body.get("token_type") {
            None => true,
            Some(kind) => kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")),
        };
        let seconds = |name: &str| number(body.get(name)).map(Duration::from_secs);
        let lifetime = seconds("expires_in").or_else(|| {
            let on = body.get("expires_on")?;
            let on = number(Some(on)).or_else(|| date(on.as_str()?))?;
            Some(Timestamp::from_secs(on).since(now))
        });
        let (Some(access), Some(lifetime), true) = (access, lifetime, bearer) else {
            return Err(TokenError::AnswerUnusable);
        };
        let times = Times::of(now, lifetime.min(LONGEST), seconds("refresh_in"));
        let token = AccessToken::new(access, times).ok_or(TokenError::AnswerUnusable)?;
        Ok(Self { token, refresh_token })
    }
}

fn number(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Reads the date of the App Service's old endpoint in UTC: `9/14/2017 00:00:00 PM +00:00`, also on a 24-hour clock
/// (contracts §6.2).
fn date(text: &str) -> Option<u64> {
    let mut parts = text.split_ascii_whitespace();
    let (day, time) = (parts.next()?, parts.next()?);
    let rest: Vec<&str> = parts.collect();
    let (half, zone) = match rest.as_slice() {
        [zone] => (None, *zone),
        [half, zone] => (Some(*half), *zone),
        _ => return None,
    };
    let numbers = |text: &str, mark| {
        let parts: Option<Vec<u64>> = text.split(mark).map(|part| part.parse().ok()).collect();
        <[u64; 3]>::try_from(parts?).ok()
    };
    let [month, day, year] = numbers(day, '/')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let hour = match half {
        None => hour,
        Some("AM") => hour % 12,
        // The documented sample has hour 00 with PM.
        Some("PM") => hour % 12 + 12,
        Some(_) => return None,
    };
    let possible =
        (1..=12).contains(&month) && (1..=31).contains(&day) && (1970..=9999).contains(&year);
    let possible = possible && hour < 24 && minute < 60 && second < 61 && zone == "+00:00";
    possible.then(|| ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

/// The days from 1970-01-01 to a day of the Gregorian calendar, in years that begin in March.
const fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let from_march = (month + 9) % 12;
    let in_year = (153 * from_march + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + in_year - 719_468
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_506_480_273);

    fn lifetime(body: Value) -> Option<u64> {
        Granted::read(body, NOW).ok().map(|granted| granted.token.expires_at().since(NOW).as_secs())
    }

    #[test]
    fn numbers_are_numbers_or_texts_and_the_end_is_relative_or_absolute() {
        for (body, expected) in [
            (json!({ "access_token": "t", "expires_in": 3_599, "token_type": "Bearer" }), 3_599),
            (
                json!({ "access_token": "t", "expires_in": "3599", "expires_on": "1", "token_type": "bearer" }),
                3_599,
            ),
            (
                json!({ "access_token": "t", "expires_on": "1506484173", "token_type": "Bearer" }),
                3_900,
            ),
            (json!({ "access_token": "t", "expires_on": 1_506_484_173 }), 3_900),
            (json!({ "access_token": "t", "expires_on": "09/27/2017 03:49:33 +00:00" }), 3_900),
            (json!({ "access_token": "t", "expires_on": "9/27/2017 3:49:33 AM +00:00" }), 3_900),
            (json!({ "access_token": "t", "expires_in": 999_999_999 }), 172_800),
        ] {
            assert_eq!(lifetime(body.clone()), Some(expected), "{body}");
        }
    }

    #[test]
    fn what_is_no_bearer_token_with_an_end_is_refused() {
        for body in [
            json!({}),
            json!([]),
            json!({ "access_token": "t" }),
            json!({ "access_token": "", "expires_in": 1 }),
            json!({ "access_token": 7, "expires_in": 1 }),
            json!({ "access_token": "a b", "expires_in": 1 }),
            json!({ "access_token": "t", "expires_in": -1 }),
            json!({ "access_token": "t", "expires_on": "soon" }),
            json!({ "access_token": "t", "expires_in": 1, "token_type": "pop" }),
        ] {
            assert_eq!(lifetime(body.clone()), None, "{body}");
        }
    }

    #[test]
    fn the_old_endpoints_dates_are_read() {
        assert_eq!(date("1/1/1970 12:00:00 AM +00:00"), Some(0));
        assert_eq!(date("2/29/2000 01:02:03 PM +00:00"), Some(951_829_323));
        assert_eq!(date("9/14/2017 00:00:00 PM +00:00"), Some(1_505_390_400));
        for text in [
            "",
            "9/14/2017",
            "13/1/2017 0:0:0 +00:00",
            "9/14/2017 24:00:00 +00:00",
            "9/14/2017 1:00:00 XM +00:00",
            "9/14/2017 1:00:00 +02:00",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn an_empty_refresh_token_is_none() {
        let read = |token: &str| {
            let body = json!({ "access_token": "t", "expires_in": 1, "refresh_token": token });
            Granted::read(body, NOW).ok().unwrap().refresh_token
        };
        assert!(read("").is_none());
        assert_eq!(read("r"), Some(Secret::new("r")));
    }
}
