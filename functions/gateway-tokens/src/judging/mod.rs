//! What is to be said about a token, and when: pure.

use std::time::Duration;

use headgate_core::Timestamp;

use crate::moment::Moment;
use crate::token::Token;

/// When something is said about a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How long before the expiry a token is near it; with zero it never is.
    pub near: Duration,
    /// Whether that is said again every 24 hours.
    pub near_daily: bool,
    /// Whether a token is said to have expired without anybody using it.
    pub expired_at_expiry: bool,
}

/// What has become of a token, and is said as an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It will expire soon.
    NearExpiry {
        /// When that was noticed.
        at: Timestamp,
    },
    /// It has expired.
    Expired {
        /// The expiry, or when the expired token was used.
        at: Timestamp,
    },
}

/// How a token stands at a moment, whatever was said about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its expiry is far.
    Valid,
    /// Its expiry is near.
    NearExpiry,
    /// Its expiry is reached.
    Expired,
}

const DAY: Duration = Duration::from_secs(86_400);

/// Says how a token stands. It has expired at the very moment of its expiry.
#[must_use]
pub fn standing(token: &Token, now: Timestamp, policy: &Policy) -> Standing {
    let expiry = token.expiry.timestamp();
    if now >= expiry {
        Standing::Expired
    } else if now.plus(policy.near) >= expiry && !policy.near.is_zero() {
        Standing::NearExpiry
    } else {
        Standing::Valid
    }
}

/// Judges a token at a moment, and says at most one thing about it, each once; that it is near its expiry again after 24
/// hours where the policy wants that.
///
/// A tick may come late: of the days that it missed one is said, and nothing is near that has expired. A clock that goes
/// back makes nothing be said twice.
#[must_use]
pub fn next_state(token: Token, now: Timestamp, policy: &Policy) -> (Token, Option<Change>) {
    if token.expired_said {
        return (token, None);
    }
    match standing(&token, now, policy) {
        Standing::Valid => (token, None),
        Standing::NearExpiry => {
            let is_due = match token.near_said {
                None => true,
                Some(said) => policy.near_daily && now.since(said.timestamp()) >= DAY,
            };
            if !is_due {
                return (token, None);
            }
            let near_said = Some(Moment::from(now));
            (Token { near_said, ..token }, Some(Change::NearExpiry { at: now }))
        }
        Standing::Expired if policy.expired_at_expiry => {
            let at = token.expiry.timestamp();
            (Token { expired_said: true, ..token }, Some(Change::Expired { at }))
        }
        Standing::Expired => (token, None),
    }
}

/// Judges a token with which somebody has failed to authenticate: once it has expired, that is said, once.
#[must_use]
pub fn after_attempt(token: Token, now: Timestamp, policy: &Policy) -> (Token, Option<Change>) {
    match standing(&token, now, policy) {
        Standing::Expired if !token.expired_said => {
            (Token { expired_said: true, ..token }, Some(Change::Expired { at: now }))
        }
        Standing::Expired | Standing::NearExpiry | Standing::Valid => {
            next_state(token, now, policy)
        }
    }
}

#[cfg(test)]
mod tests;
