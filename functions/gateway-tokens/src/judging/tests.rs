use super::*;
use crate::name::Name;

const EXPIRY: u64 = 100 * 86_400;

const POLICY: Policy =
    Policy { near: Duration::from_secs(7 * 86_400), near_daily: false, expired_at_expiry: false };

fn token() -> Token {
    let name = |text| Name::parse(text).unwrap();
    Token::new(name("t"), name("g"), name("i"), Timestamp::from_secs(EXPIRY))
}

/// What is said at these moments, in seconds before (negative) or after the expiry.
fn said(policy: &Policy, moments: &[i64]) -> Vec<(i64, Change)> {
    let mut token = token();
    let mut said = Vec::new();
    for moment in moments {
        let now = Timestamp::from_secs(EXPIRY.checked_add_signed(*moment).unwrap());
        let (next, change) = next_state(token, now, policy);
        said.extend(change.map(|change| (*moment, change)));
        token = next;
    }
    said
}

fn near(moment: i64) -> (i64, Change) {
    let at = Timestamp::from_secs(EXPIRY.checked_add_signed(moment).unwrap());
    (moment, Change::NearExpiry { at })
}

const DAYS: i64 = 86_400;
const EXPIRED: Change = Change::Expired { at: Timestamp::from_secs(EXPIRY) };

#[test]
fn near_expiry_is_said_once_from_seven_days_before_on() {
    assert_eq!(said(&POLICY, &[-7 * DAYS - 1]), []);
    assert_eq!(said(&POLICY, &[-7 * DAYS, -6 * DAYS, -1]), [near(-7 * DAYS)]);
    assert_eq!(said(&POLICY, &[-1, 0]), [near(-1)]);
}

#[test]
fn near_expiry_is_said_daily_when_asked_and_missed_days_are_said_once() {
    let policy = Policy { near_daily: true, ..POLICY };
    let moments = [-7 * DAYS, -6 * DAYS - 1, -6 * DAYS, -3 * DAYS, -3 * DAYS + 1, 0, DAYS];
    assert_eq!(said(&policy, &moments), [near(-7 * DAYS), near(-6 * DAYS), near(-3 * DAYS)]);
}

#[test]
fn with_zero_days_near_expiry_is_never_said() {
    let policy = Policy { near: Duration::ZERO, expired_at_expiry: true, ..POLICY };
    assert_eq!(said(&policy, &[-1, 0]), [(0, EXPIRED)]);
}

#[test]
fn expired_is_said_at_expiry_once_and_only_when_asked() {
    assert_eq!(said(&POLICY, &[0, DAYS]), []);
    let policy = Policy { expired_at_expiry: true, ..POLICY };
    assert_eq!(said(&policy, &[0, 1]), [(0, EXPIRED)]);
}

#[test]
fn a_late_tick_says_that_the_token_expired_at_its_expiry_and_not_that_it_is_near() {
    let policy = Policy { near_daily: true, expired_at_expiry: true, ..POLICY };
    assert_eq!(said(&policy, &[-8 * DAYS, 9 * DAYS]), [(9 * DAYS, EXPIRED)]);
}

#[test]
fn a_clock_that_goes_back_makes_nothing_be_said_twice() {
    let policy = Policy { near_daily: true, expired_at_expiry: true, ..POLICY };
    let moments = [-5 * DAYS, -6 * DAYS, -5 * DAYS, 0, -3 * DAYS, -90 * DAYS, -1, 0];
    assert_eq!(said(&policy, &moments), [near(-5 * DAYS), (0, EXPIRED)]);
}

#[test]
fn an_attempt_says_that_an_expired_token_has_expired_once() {
    let later = Timestamp::from_secs(EXPIRY + 5);
    let (expired, change) = after_attempt(token(), later, &POLICY);
    assert_eq!(change, Some(Change::Expired { at: later }));
    assert_eq!(after_attempt(expired.clone(), later, &POLICY), (expired, None));
}

#[test]
fn an_attempt_with_a_token_that_is_valid_says_nothing_of_expiry() {
    let early = Timestamp::from_secs(EXPIRY - 30 * 86_400);
    assert_eq!(after_attempt(token(), early, &POLICY), (token(), None));
    let shortly_before = Timestamp::from_secs(EXPIRY - 1);
    let (_, change) = after_attempt(token(), shortly_before, &POLICY);
    assert_eq!(change, Some(Change::NearExpiry { at: shortly_before }));
}
