use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_lock::Mutex as AsyncMutex;
use headgate_core::Timestamp;
use http::StatusCode;

use super::access::{AwsKeys, AwsKeysError, FoundKeys, S3Keys};
use crate::place::call::Failure;

/// How long before they expire keys are asked for anew. AWS has new ones five minutes before, or sooner.
const EARLY: Duration = Duration::from_secs(4 * 60);

/// How long keys are used that do not say when they expire: somebody may have changed a profile.
const USUAL: Duration = Duration::from_secs(5 * 60);

/// How long nobody asks again while there are keys that are good, and for how long after they were found a refusal that does not
/// say why is not put down to the keys.
const PAUSE: Duration = Duration::from_secs(30);

/// The keys of the host's own identity, kept as long as they are good.
#[derive(Debug)]
pub(super) struct Role {
    host: Arc<dyn AwsKeys>,
    kept: Mutex<Kept>,
    /// Held by whoever asks.
    asking: AsyncMutex<()>,
}

#[derive(Debug, Default)]
struct Kept {
    known: Option<Known>,
    /// When the host was last asked, whatever it said.
    asked: Option<Timestamp>,
    /// Whether the host has ever had keys.
    were_found: bool,
}

#[derive(Debug)]
struct Known {
    found: FoundKeys,
    at: Timestamp,
}

impl Role {
    pub(super) fn new(host: Arc<dyn AwsKeys>) -> Self {
        Self { host, kept: Mutex::default(), asking: AsyncMutex::new(()) }
    }

    /// The keys for a request at this moment. One request at a time asks for new ones. The others wait for it only where the last keys
    /// are good no longer; where there are none to be had, the last ones are used to their end.
    ///
    /// # Errors
    ///
    /// That of the host. Where it once had keys, that it has none is taken for an outage: a machine's endpoint that cannot be reached
    /// looks like one that is not there.
    pub(super) async fn keys(&self, now: Timestamp) -> Result<S3Keys, AwsKeysError> {
        if let Some(keys) = self.kept().at_hand(now) {
            return Ok(keys);
        }
        let _asking = self.asking.lock().await;
        if let Some(keys) = self.kept().at_hand(now) {
            return Ok(keys);
        }
        self.kept().asked = Some(now);
        let answer = self.host.find().await;
        self.kept().take(answer, now)
    }

    /// Judges whether a refusal is one of these keys, which other ones may end. They are kept no longer then.
    ///
    /// An answer to `HEAD` does not say why: it is taken for one unless the keys were found a moment ago.
    pub(super) fn is_refused(&self, failure: &Failure, now: Timestamp) -> bool {
        let mut kept = self.kept();
        let is_refused = match failure.code.as_deref() {
            Some("ExpiredToken" | "InvalidToken" | "TokenRefreshRequired") => true,
            None => failure.status == StatusCode::BAD_REQUEST && !kept.is_new(now),
            Some(_) => false,
        };
        if is_refused {
            kept.known = None;
        }
        is_refused
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Keys for which nobody has to be asked.
    fn at_hand(&self, now: Timestamp) -> Option<S3Keys> {
        let is_quiet = self.asked.is_some_and(|asked| now < asked.plus(PAUSE));
        let known = self.known.as_ref()?;
        (known.is_fresh(now) || (is_quiet && known.is_good(now))).then(|| known.found.keys.clone())
    }

    /// Takes what the host said.
    fn take(
        &mut self,
        answer: Result<FoundKeys, AwsKeysError>,
        now: Timestamp,
    ) -> Result<S3Keys, AwsKeysError> {
        let error = match answer {
            Ok(found) => {
                let keys = found.keys.clone();
                *self = Self { known: Some(Known { found, at: now }), were_found: true, ..*self };
                return Ok(keys);
            }
            Err(AwsKeysError::Absent | AwsKeysError::Refused) if self.were_found => {
                AwsKeysError::NotNow
            }
            Err(error) => error,
        };
        let good = self.known.as_ref().filter(|known| known.is_good(now));
        good.map(|known| known.found.keys.clone()).ok_or(error)
    }

    fn is_new(&self, now: Timestamp) -> bool {
        self.known.as_ref().is_some_and(|known| now < known.at.plus(PAUSE))
    }
}

impl Known {
    fn is_fresh(&self, now: Timestamp) -> bool {
        match self.found.expires {
            Some(expires) => now.plus(EARLY) < expires,
            None => now < self.at.plus(USUAL),
        }
    }

    fn is_good(&self, now: Timestamp) -> bool {
        self.found.expires.is_none_or(|expires| now < expires)
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Pending, pending};
    use std::pin::pin;

    use futures_util::FutureExt;
    use headgate_core::Secret;
    use headgate_fakes::now;

    use super::*;
    use crate::place::s3::access::Finding;

    const START: Timestamp = Timestamp::from_secs(1_000);

    /// Gives what it was told to give, one after the other.
    #[derive(Debug)]
    struct Told(Mutex<Vec<Result<FoundKeys, AwsKeysError>>>);

    impl AwsKeys for Told {
        fn find(&self) -> Finding<'_> {
            let next = self.0.lock().unwrap().pop().expect("it is not asked so often");
            Box::pin(std::future::ready(next))
        }
    }

    fn role(mut answers: Vec<Result<FoundKeys, AwsKeysError>>) -> Role {
        answers.reverse();
        Role::new(Arc::new(Told(Mutex::new(answers))))
    }

    fn found(id: &str, expires: Option<u64>) -> Result<FoundKeys, AwsKeysError> {
        let keys = S3Keys {
            access_key_id: id.to_owned(),
            secret_access_key: Secret::new("hunter2"),
            session_token: Some(Secret::new("hunter3")),
        };
        Ok(FoundKeys { keys, expires: expires.map(|after| START.plus(Duration::from_secs(after))) })
    }

    /// The id of the keys so many seconds later, or why there are none.
    fn at(role: &Role, after: u64) -> String {
        match now(role.keys(START.plus(Duration::from_secs(after)))) {
            Ok(keys) => keys.access_key_id,
            Err(error) => error.to_string(),
        }
    }

    fn refusal(status: u16, code: Option<&str>) -> Failure {
        let status = StatusCode::from_u16(status).unwrap();
        Failure { status, code: code.map(str::to_owned), retry_after: None }
    }

    fn later(after: u64) -> Timestamp {
        START.plus(Duration::from_secs(after))
    }

    #[test]
    fn keys_are_asked_for_anew_before_they_expire_and_not_sooner() {
        let role = role(vec![found("a", Some(3_600)), found("b", Some(7_200))]);
        assert_eq!([0, 1, 3_359].map(|after| at(&role, after)), ["a", "a", "a"]);
        assert_eq!([3_360, 3_361, 6_959].map(|after| at(&role, after)), ["b", "b", "b"]);
    }

    #[test]
    fn keys_that_do_not_say_when_they_expire_are_looked_for_again_after_minutes() {
        let role = role(vec![found("a", None), found("b", None)]);
        assert_eq!([0, 299, 300].map(|after| at(&role, after)), ["a", "a", "b"]);
    }

    #[test]
    fn keys_are_used_to_their_end_while_there_are_no_others() {
        let silent = || Err(AwsKeysError::NotNow);
        let role = role(vec![found("a", Some(3_600)), silent(), silent(), found("b", None)]);
        assert_eq!([0, 3_590, 3_599].map(|after| at(&role, after)), ["a", "a", "a"]);
        assert_eq!(at(&role, 3_600), AwsKeysError::NotNow.to_string());
        assert_eq!(at(&role, 3_601), "b");
    }

    #[test]
    fn keys_that_are_good_are_used_for_a_while_after_each_time_the_host_was_asked() {
        let silent = || Err(AwsKeysError::NotNow);
        // Each answer is given once: whoever asked more often would find none.
        let role = role(vec![found("a", Some(3_600)), silent(), silent(), found("b", Some(3_660))]);
        assert_eq!([0, 3_400, 3_401, 3_429].map(|after| at(&role, after)), ["a"; 4]);
        assert_eq!([3_430, 3_459].map(|after| at(&role, after)), ["a"; 2]);
        assert_eq!([3_460, 3_461, 3_489].map(|after| at(&role, after)), ["b"; 3]);
    }

    /// Has keys once, and never answers again.
    #[derive(Debug)]
    struct Silent(Told);

    impl AwsKeys for Silent {
        fn find(&self) -> Finding<'_> {
            if self.0.0.lock().unwrap().is_empty() {
                let never: Pending<Result<FoundKeys, AwsKeysError>> = pending();
                return Box::pin(never);
            }
            self.0.find()
        }
    }

    #[test]
    fn nobody_waits_for_whoever_asks_while_the_last_keys_are_good() {
        let once = Told(Mutex::new(vec![found("a", Some(3_600))]));
        let role = Role::new(Arc::new(Silent(once)));
        assert_eq!(at(&role, 0), "a");
        let mut asks = pin!(role.keys(later(3_400)));
        assert!(asks.as_mut().now_or_never().is_none());
        assert_eq!(at(&role, 3_401), "a");
    }

    #[test]
    fn keys_that_the_bucket_refuses_are_kept_no_longer() {
        for code in ["ExpiredToken", "InvalidToken", "TokenRefreshRequired"] {
            let role = role(vec![found("a", Some(3_600)), found("b", Some(3_600))]);
            assert_eq!(at(&role, 0), "a");
            assert!(role.is_refused(&refusal(400, Some(code)), later(1)), "{code}");
            assert_eq!([1, 2].map(|after| at(&role, after)), ["b", "b"]);
        }
    }

    #[test]
    fn a_refusal_that_does_not_say_why_is_one_of_keys_that_are_not_new() {
        let role = role(vec![found("a", Some(3_600)), found("b", Some(3_600))]);
        assert_eq!(at(&role, 0), "a");
        for (status, code) in [(400, Some("InvalidRequest")), (403, None), (404, None)] {
            assert!(!role.is_refused(&refusal(status, code), later(60)), "{status} {code:?}");
        }
        assert!(!role.is_refused(&refusal(400, None), later(29)));
        assert_eq!(at(&role, 29), "a");
        assert!(role.is_refused(&refusal(400, None), later(30)));
        assert_eq!(at(&role, 30), "b");
        assert!(!role.is_refused(&refusal(400, None), later(31)));
    }

    #[test]
    fn a_host_that_once_had_keys_is_asked_again_when_it_seems_to_have_none() {
        for error in [AwsKeysError::Absent, AwsKeysError::Refused] {
            let role = role(vec![Err(error), found("a", Some(60)), Err(error), found("b", None)]);
            assert_eq!(now(role.keys(START)).unwrap_err(), error);
            assert_eq!(at(&role, 1), "a");
            assert_eq!(now(role.keys(later(60))).unwrap_err(), AwsKeysError::NotNow);
            assert_eq!(at(&role, 61), "b");
        }
        let role = role(vec![found("a", Some(60)), Err(AwsKeysError::Unusable)]);
        assert_eq!(at(&role, 0), "a");
        assert_eq!(now(role.keys(later(60))).unwrap_err(), AwsKeysError::Unusable);
    }

    #[test]
    fn no_key_is_shown() {
        let role = role(vec![found("a", None)]);
        at(&role, 0);
        assert!(!format!("{role:?}").contains("hunter"));
    }
}
