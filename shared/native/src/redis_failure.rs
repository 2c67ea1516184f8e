use std::time::Duration;

use headgate_core::KeyValueError;
use headgate_core::redis_layout::StorePrefix;
use redis::{ConnectionAddr, ErrorKind, RedisError};

/// Why a Redis server gave no answer that a store can use.
#[derive(Debug)]
pub(crate) enum RedisFailure {
    /// It took longer than the store's deadline.
    TimedOut,
    /// What the client or the server says.
    Redis(RedisError),
}

impl RedisFailure {
    /// Says what to fix. What the server says is repeated only where it cannot quote a key or a value.
    pub(crate) fn told(
        self,
        server: &ConnectionAddr,
        prefix: &StorePrefix,
        deadline: Duration,
    ) -> KeyValueError {
        let error = match self {
            Self::TimedOut => {
                return KeyValueError::Unavailable(format!(
                    "redis at {server} did not answer within {} s: see whether it is overloaded, or a firewall between",
                    deadline.as_secs()
                ));
            }
            Self::Redis(error) => error,
        };
        let code = error.code().unwrap_or_default();
        match code {
            "NOAUTH" | "WRONGPASS" => refused(server),
            "NOPERM" => KeyValueError::NoAccess(format!(
                "redis at {server} does not let this user do that: allow it +get +set +del +scan +eval +evalsha on ~{prefix}*"
            )),
            "LOADING" | "OOM" | "READONLY" | "MISCONF" | "MASTERDOWN" | "BUSY" | "NOREPLICAS"
            | "CLUSTERDOWN" | "WRONGTYPE" => {
                let detail = error.detail().unwrap_or_default();
                let reason = format!("redis at {server} answers {code} {detail}");
                KeyValueError::Unavailable(reason.trim_end().to_owned())
            }
            "MOVED" | "ASK" | "CROSSSLOT" => KeyValueError::NoAccess(format!(
                "redis at {server} is a cluster, which the store does not support: give it a single server"
            )),
            _ => match error.kind() {
                ErrorKind::AuthenticationFailed => refused(server),
                ErrorKind::Io => KeyValueError::Unavailable(format!(
                    "redis at {server} cannot be reached ({error}): see whether it runs, and correct the store's address"
                )),
                ErrorKind::Parse | ErrorKind::UnexpectedReturnType => KeyValueError::Unavailable(
                    format!("what answers at {server} is not redis: correct the store's address"),
                ),
                _ => {
                    let what = if code.is_empty() { error.category() } else { code };
                    KeyValueError::Unavailable(format!("redis at {server} answers {what}"))
                }
            },
        }
    }
}

fn refused(server: &ConnectionAddr) -> KeyValueError {
    KeyValueError::NoAccess(format!(
        "redis at {server} refuses the user or the password: correct them in the store's address"
    ))
}
