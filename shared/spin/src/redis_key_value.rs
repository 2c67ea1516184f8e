use std::collections::BTreeSet;
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use headgate_core::redis_layout::{
    COMPARE_AND_SWAP, SCAN_COUNT, StorePrefix, check_value, compare_and_swap_arguments,
};
use headgate_core::{KeyValue, KeyValueError, Swap, Timer as _};
use spin_sdk::redis::{Connection, Error, RedisParameter, RedisResult};

use crate::WasiClock;

/// A store in a Redis server that the host reaches: `spin:redis`.
///
/// It lies there as the native hosts' does (`headgate_core::redis_layout`), so that they can share it. It connects at the
/// first use, keeps the connection for the instance's life, and connects anew when that is lost. Each operation is one
/// round trip; [`list`](KeyValue::list) is one for each thousand keys that the server's database holds, whosever they are. A
/// call without an answer fails after two seconds, a list after thirty. A read, a `set` or a `delete` that fails on a
/// connection of earlier calls is tried once more on a new one; a swap is not, since it may have been done.
///
/// A swap sends its whole script: what a host says of a script that the server does not know is its own choice of words.
#[derive(Clone)]
pub struct RedisKeyValue(Arc<Server>);

struct Server {
    address: String,
    prefix: StorePrefix,
    connection: Mutex<Option<Arc<Connection>>>,
}

/// How long one call may take, connecting included.
const DEADLINE: Duration = Duration::from_secs(2);

/// How long a list may take, which is one call for each thousand keys.
const LIST_DEADLINE: Duration = Duration::from_secs(30);

/// Whether a command may be sent again when its connection turns out to be closed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeat {
    Once,
    Never,
}

impl RedisKeyValue {
    /// Makes the store at `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`. Nothing is connected yet.
    #[must_use]
    pub fn at(address: &str, prefix: StorePrefix) -> Self {
        let (address, connection) = (address.to_owned(), Mutex::default());
        Self(Arc::new(Server { address, prefix, connection }))
    }

    /// Asks within the deadline.
    async fn ask(
        &self,
        command: &str,
        arguments: &[&[u8]],
        repeat: Repeat,
    ) -> Result<Vec<RedisResult>, KeyValueError> {
        let asked = within(DEADLINE, self.0.ask(command, arguments, repeat)).await;
        asked.unwrap_or_else(|| {
            self.0.keep(None);
            Err(self.unavailable(format_args!(
                "did not answer within {} s: see whether it is overloaded, or a firewall between",
                DEADLINE.as_secs()
            )))
        })
    }

    async fn scan(&self, beginning: &str) -> Result<Vec<String>, KeyValueError> {
        let (pattern, count) = (self.0.prefix.pattern(beginning), SCAN_COUNT.to_string());
        // A key may come twice when the server rearranges its table meanwhile.
        let mut keys = BTreeSet::new();
        let mut cursor = b"0".to_vec();
        loop {
            let arguments =
                [&cursor, &b"MATCH"[..], pattern.as_bytes(), b"COUNT", count.as_bytes()];
            // The host gives the cursor and the list of keys as one list.
            let mut page = self.ask("SCAN", &arguments, Repeat::Once).await?.into_iter();
            let Some(RedisResult::Binary(next)) = page.next() else {
                return Err(self.strange("SCAN"));
            };
            for found in page {
                let RedisResult::Binary(stored) = found else { return Err(self.strange("SCAN")) };
                // What is no text is no key of this store.
                let stored = String::from_utf8(stored).unwrap_or_default();
                keys.extend(self.0.prefix.own(&stored).map(str::to_owned));
            }
            if next == b"0" {
                return Ok(keys.into_iter().collect());
            }
            cursor = next;
        }
    }

    fn strange(&self, command: &str) -> KeyValueError {
        self.unavailable(format_args!(
            "answers {command} as redis does not: correct the store's address"
        ))
    }

    fn unavailable(&self, what: fmt::Arguments<'_>) -> KeyValueError {
        KeyValueError::Unavailable(format!("redis at {} {what}", self.0.place()))
    }
}

impl Server {
    async fn ask(
        &self,
        command: &str,
        arguments: &[&[u8]],
        repeat: Repeat,
    ) -> Result<Vec<RedisResult>, KeyValueError> {
        let parameters = || arguments.iter().map(|bytes| RedisParameter::Binary(bytes.to_vec()));
        let kept = self.kept();
        let used = match &kept {
            Some(connection) => Arc::clone(connection),
            None => self.connect().await?,
        };
        match used.execute(command, parameters()).await {
            Ok(answer) => return Ok(answer),
            // The words are the host's own, so that a closed connection is not told apart from a server's refusal.
            Err(Error::Other(reason)) => {
                self.forget(&used);
                if kept.is_none() || repeat == Repeat::Never {
                    return Err(self.error(Error::Other(reason)));
                }
            }
            Err(error) => return Err(self.error(error)),
        }
        let connection = self.connect().await?;
        let answer = connection.execute(command, parameters()).await;
        answer.map_err(|error| {
            self.forget(&connection);
            self.error(error)
        })
    }

    async fn connect(&self) -> Result<Arc<Connection>, KeyValueError> {
        let opened = Connection::open(&self.address).await;
        let opened = Arc::new(opened.map_err(|error| self.error(error))?);
        // Another request of the instance may have been faster: one connection is enough.
        if let Some(kept) = self.kept() {
            return Ok(kept);
        }
        self.keep(Some(Arc::clone(&opened)));
        Ok(opened)
    }

    fn kept(&self) -> Option<Arc<Connection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, connection: Option<Arc<Connection>>) {
        *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = connection;
    }

    /// Lets the next call connect anew, unless another has done so already.
    fn forget(&self, used: &Arc<Connection>) {
        let mut kept = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, used)) {
            *kept = None;
        }
    }

    /// Says what to fix.
    fn error(&self, error: Error) -> KeyValueError {
        let place = self.place();
        match error {
            Error::InvalidAddress => KeyValueError::NoAccess(format!(
                "the host does not connect to redis at {place}: name its scheme, host and port in the component's allowed_outbound_hosts, or correct the store's address"
            )),
            Error::TooManyConnections => KeyValueError::Unavailable(format!(
                "redis at {place}: the host has too many connections open"
            )),
            Error::TypeError => KeyValueError::Unavailable(format!(
                "redis at {place} holds something else under a key of the store: give the store a prefix of its own"
            )),
            Error::Other(reason) if self.is_refusal(&reason) => KeyValueError::NoAccess(format!(
                "redis at {place} refuses the user or the password: correct them in the store's address"
            )),
            // What the server says may hold an argument, a value of the store among them: its code alone is repeated.
            Error::Other(reason) => KeyValueError::Unavailable(format!(
                "redis at {place} cannot be used ({}): see whether it runs, and correct the store's address",
                code(&reason)
            )),
        }
    }

    /// Says whether the host tells of a login that failed; the words differ by the version of its Redis client.
    fn is_refusal(&self, reason: &str) -> bool {
        ["NOAUTH", "WRONGPASS", "uthentication failed", "AuthenticationFailed"]
            .iter()
            .any(|words| reason.contains(words))
    }

    /// Gives host and port, without what stands before and behind them.
    fn place(&self) -> &str {
        let place = self.address.split_once("://").map_or("", |(_, rest)| rest);
        let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
        place.split(['/', '?', '#']).next().unwrap_or_default()
    }
}

impl KeyValue for RedisKeyValue {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KeyValueError> {
        let stored = self.0.prefix.stored(key)?;
        let answer = self.ask("GET", &[stored.as_bytes()], Repeat::Once).await?;
        // Some versions of Spin leave a missing value out.
        match answer.into_iter().next() {
            None | Some(RedisResult::Nil) => Ok(None),
            Some(RedisResult::Binary(value)) => Ok(Some(value)),
            Some(RedisResult::Status(_) | RedisResult::Int64(_)) => Err(self.strange("GET")),
        }
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), KeyValueError> {
        let stored = self.0.prefix.stored(key)?;
        check_value(value)?;
        self.ask("SET", &[stored.as_bytes(), value], Repeat::Once).await.map(drop)
    }

    async fn delete(&self, key: &str) -> Result<(), KeyValueError> {
        let stored = self.0.prefix.stored(key)?;
        self.ask("DEL", &[stored.as_bytes()], Repeat::Once).await.map(drop)
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, KeyValueError> {
        within(LIST_DEADLINE, self.scan(prefix)).await.unwrap_or_else(|| {
            Err(self.unavailable(format_args!(
                "holds too many keys to be listed within {} s: give the store a server or a database of its own",
                LIST_DEADLINE.as_secs()
            )))
        })
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        new: &[u8],
    ) -> Result<Swap, KeyValueError> {
        let stored = self.0.prefix.stored(key)?;
        check_value(new)?;
        let [flag, expected, new] = compare_and_swap_arguments(expected, new);
        let arguments = [COMPARE_AND_SWAP.as_bytes(), b"1", stored.as_bytes(), flag, expected, new];
        match self.ask("EVAL", &arguments, Repeat::Never).await?.as_slice() {
            [RedisResult::Int64(1)] => Ok(Swap::Stored),
            [RedisResult::Int64(0)] => Ok(Swap::Conflict),
            _ => Err(self.strange("EVAL")),
        }
    }
}

/// Shows where the store is, and no password.
impl fmt::Debug for RedisKeyValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("RedisKeyValue");
        shown.field("at", &self.0.place()).field("prefix", &self.0.prefix).finish()
    }
}

/// The code that begins what a Redis server says, as `LOADING`; what follows may quote an argument.
fn code(reason: &str) -> &str {
    let first = reason.split([' ', ':']).next().unwrap_or_default();
    let is_code = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_uppercase());
    if is_code { first } else { "no code" }
}

/// Gives what the work gives, or `None` when it takes longer than `limit`: then it is dropped, which cancels the host's call.
async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut limit) = (pin!(work), pin!(WasiClock.sleep(limit)));
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => limit.as_mut().poll(context).map(|()| None),
    })
    .await
}
