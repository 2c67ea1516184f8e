use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use headgate_core::{Secret, Timestamp};
use http::HeaderValue;

/// A token to call an API with. A clone is the same token; nothing prints it.
#[derive(Clone)]
pub struct AccessToken(Arc<Inner>);

struct Inner {
    value: Secret,
    times: Times,
}

/// When a token came, and what it is good for until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) fetched_at: Timestamp,
    /// From then on another one is asked for, ahead of need.
    pub(crate) refresh_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// How long before its end a token is no longer handed out: the call that it is for has to arrive in time.
const MARGIN: Duration = Duration::from_secs(30);
/// How long before its end a token is renewed.
const EARLY: Duration = Duration::from_secs(5 * 60);
/// A token that lasts this long is renewed at half of its life, as Azure's own libraries do.
const LONG: Duration = Duration::from_secs(2 * 60 * 60);

impl Times {
    /// The times of a token that came at `now` and lasts for `lifetime`; `refresh_in` is the service's own advice.
    pub(crate) fn of(now: Timestamp, lifetime: Duration, refresh_in: Option<Duration>) -> Self {
        let early = if lifetime >= LONG { lifetime / 2 } else { EARLY.min(lifetime / 4) };
        let refresh = refresh_in
            .filter(|refresh| *refresh < lifetime)
            .unwrap_or_else(|| lifetime.saturating_sub(early));
        Self { fetched_at: now, refresh_at: now.plus(refresh), expires_at: now.plus(lifetime) }
    }

    /// Whether a call that begins at `now` can still be made with the token.
    pub(crate) fn usable(&self, now: Timestamp) -> bool {
        let lifetime = self.expires_at.since(self.fetched_at);
        now.plus(MARGIN.min(lifetime / 10)) < self.expires_at
    }
}

impl AccessToken {
    /// Takes a token; `None` when it is empty or not visible ASCII, as a header wants it.
    pub(crate) fn new(value: Secret, times: Times) -> Option<Self> {
        let text = value.expose();
        let visible = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        visible.then(|| Self(Arc::new(Inner { value, times })))
    }

    /// Gives the token out: at the place of use only.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.value.expose()
    }

    /// The header `Authorization`: `Bearer` and the token, marked sensitive.
    #[must_use]
    pub fn authorization(&self) -> HeaderValue {
        // Visible ASCII, which was checked, is always a header value.
        let mut value = HeaderValue::try_from(format!("Bearer {}", self.expose()))
            .unwrap_or(HeaderValue::from_static("Bearer"));
        value.set_sensitive(true);
        value
    }

    /// When it expires, by the clock of who asked for it.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.0.times.expires_at
    }

    pub(crate) fn times(&self) -> Times {
        self.0.times
    }

    /// Whether it is the same text.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.value == other.0.value
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "AccessToken(…, until {})", self.0.times.expires_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_000_000);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_token_is_renewed_five_minutes_early_and_a_long_one_at_half_time() {
        let refresh = |lifetime, advice| {
            Times::of(NOW, seconds(lifetime), advice).refresh_at.since(NOW).as_secs()
        };
        assert_eq!(refresh(3_599, None), 3_299);
        assert_eq!(refresh(86_400, None), 43_200);
        assert_eq!(refresh(60, None), 45);
        assert_eq!(refresh(3_599, Some(seconds(1_800))), 1_800);
        assert_eq!(refresh(3_599, Some(seconds(9_999))), 3_299);
    }

    #[test]
    fn a_token_is_handed_out_until_shortly_before_its_end() {
        let times = Times::of(NOW, seconds(3_600), None);
        assert!(times.usable(NOW.plus(seconds(3_569))));
        assert!(!times.usable(NOW.plus(seconds(3_570))));
        assert!(!Times::of(NOW, Duration::ZERO, None).usable(NOW));
    }

    #[test]
    fn a_token_is_visible_ascii_and_shows_only_in_its_header() {
        let times = Times::of(NOW, seconds(3_600), None);
        let token = AccessToken::new(Secret::new("hunter2"), times).unwrap();
        assert_eq!(token.authorization(), "Bearer hunter2");
        assert!(token.authorization().is_sensitive());
        assert!(!format!("{token:?} {:?}", token.authorization()).contains("hunter2"));
        for text in ["", "a b", "a\r\nb", "é"] {
            assert!(AccessToken::new(Secret::new(text), times).is_none(), "{text}");
        }
    }
}
