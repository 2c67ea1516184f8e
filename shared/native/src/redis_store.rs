use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use headgate_core::redis_layout::{
    COMPARE_AND_SWAP, COMPARE_AND_SWAP_SHA1, SCAN_COUNT, StorePrefix, check_value,
    compare_and_swap_arguments,
};
use headgate_core::{KeyValue, KeyValueError, Swap};
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, ErrorKind, FromRedisValue,
    IntoConnectionInfo, RedisError, ServerErrorKind, cmd,
};
use tokio::time::timeout;

use crate::redis_failure::RedisFailure;
use crate::store_place::StorePlaceError;

/// A store in a Redis server (6.0 and later, or what speaks as it does), which any number of machines share.
///
/// It connects at the first use, over one connection that all calls share, and anew when that is lost. Each operation is one
/// round trip; [`list`](KeyValue::list) is one for each thousand keys that the server's database holds, whosever they are. A
/// call that gets no answer within two seconds fails, a list within thirty. A read, a `set` or a `delete` on a connection
/// that turns out to be closed is tried once more; a swap is not, since it may have been done.
///
/// Redis Cluster is not supported: a list would see one node of it. What a server forgets when it ends, by its own
/// configuration, is forgotten: turn on `appendonly` where state must survive.
#[derive(Clone)]
pub struct RedisStore(Arc<Inner>);

struct Inner {
    server: ConnectionInfo,
    prefix: StorePrefix,
    slot: Mutex<Slot>,
    /// One caller at a time connects, and the others wait for what it gets.
    connecting: tokio::sync::Mutex<()>,
}

/// The connection, and how many there were before it.
#[derive(Default)]
struct Slot {
    number: u64,
    connection: Option<MultiplexedConnection>,
}

/// How long one call may take, connecting included.
const DEADLINE: Duration = Duration::from_secs(2);

/// How long a list may take, which is one call for each thousand keys.
const LIST_DEADLINE: Duration = Duration::from_secs(30);

/// How many commands wait for their turn to be written before the next caller waits.
const QUEUE: usize = 1_024;

impl RedisStore {
    /// Makes the store at `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`; with `rediss://` over TLS, by the system's
    /// certificates. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`StorePlaceError`] when the address is none. It does not show it.
    pub fn at(address: &str, prefix: StorePrefix) -> Result<Self, StorePlaceError> {
        // `#insecure` would take any certificate, and `unix:` has its password in the query.
        let known = address.starts_with("redis://") || address.starts_with("rediss://");
        if !known || address.contains('#') {
            return Err(StorePlaceError::Redis);
        }
        let server = address.into_connection_info().map_err(|_| StorePlaceError::Redis)?;
        // What the client calls itself would be two more commands for each connection.
        let settings = server.redis_settings().clone().set_skip_set_lib_name();
        // Many calls share the connection: none of them waits until the one before is acknowledged.
        let tcp = server.tcp_settings().clone().set_nodelay(true);
        let server = server.set_redis_settings(settings).set_tcp_settings(tcp);
        let (slot, connecting) = (Mutex::default(), tokio::sync::Mutex::default());
        Ok(Self(Arc::new(Inner { server, prefix, slot, connecting })))
    }

    /// Gives the connection and its number, and makes one when there is none.
    async fn connection(&self) -> Result<(MultiplexedConnection, u64), RedisError> {
        if let Some(connected) = self.connected() {
            return Ok(connected);
        }
        let _turn = self.0.connecting.lock().await;
        if let Some(connected) = self.connected() {
            return Ok(connected);
        }
        // The call has a deadline of its own, which covers both.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None)
            .set_pipeline_buffer_size(QUEUE);
        let client = Client::open(self.0.server.clone())?;
        let connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        let mut slot = self.slot();
        slot.number += 1;
        slot.connection = Some(connection.clone());
        Ok((connection, slot.number))
    }

    fn connected(&self) -> Option<(MultiplexedConnection, u64)> {
        let slot = self.slot();
        slot.connection.clone().map(|connection| (connection, slot.number))
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.0.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the next call connect anew, unless another has done so already.
    fn forget(&self, number: Option<u64>) {
        let mut slot = self.slot();
        if number == Some(slot.number) {
            slot.connection = None;
        }
    }

    /// Asks once, within the deadline.
    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisFailure> {
        let mut used = None;
        let asked = timeout(DEADLINE, async {
            let (mut connection, number) = self.connection().await?;
            used = Some(number);
            command.query_async(&mut connection).await
        })
        .await;
        match asked {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                // A server that takes no writes any more is a replica now; its name may lead to the new primary.
                let read_only = error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly);
                if error.is_unrecoverable_error() || error.is_io_error() || read_only {
                    self.forget(used);
                }
                Err(RedisFailure::Redis(error))
            }
            Err(_) => {
                self.forget(used);
                Err(RedisFailure::TimedOut)
            }
        }
    }

    /// Asks, and once more when the connection turns out to be closed: for what may be done twice.
    async fn call<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, KeyValueError> {
        let answered = match self.ask(command).await {
            Err(RedisFailure::Redis(error))
                if error.is_connection_dropped() && !error.is_connection_refusal() =>
            {
                self.ask(command).await
            }
            answered => answered,
        };
        answered.map_err(|failure| self.error(failure))
    }

    fn error(&self, failure: RedisFailure) -> KeyValueError {
        failure.told(self.0.server.addr(), &self.0.prefix, DEADLINE)
    }
}

impl KeyValue for RedisStore {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KeyValueError> {
        let stored = self.0.prefix.stored(key)?;
        self.call(cmd("GET").arg(stored)).await
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), KeyValueError> {
        let stored = self.0.prefix.stored(key)?;
        check_value(value)?;
        self.call(cmd("SET").arg(stored).arg(value)).await
    }

    async fn delete(&self, key: &str) -> Result<(), KeyValueError> {
        let stored = self.0.prefix.stored(key)?;
        self.call::<i64>(cmd("DEL").arg(stored)).await.map(|_| ())
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, KeyValueError> {
        let scan = async {
            let pattern = self.0.prefix.pattern(prefix);
            // A key may come twice when the server rearranges its table meanwhile.
            let mut keys = BTreeSet::new();
            let mut cursor = 0_u64;
            loop {
                let mut scan = cmd("SCAN");
                scan.arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(SCAN_COUNT);
                let (next, found): (u64, Vec<Vec<u8>>) = self.call(&scan).await?;
                let found = found.into_iter().filter_map(|stored| {
                    let stored = String::from_utf8(stored).ok()?;
                    self.0.prefix.own(&stored).map(str::to_owned)
                });
                keys.extend(found);
                if next == 0 {
                    return Ok(keys.into_iter().collect());
                }
                cursor = next;
            }
        };
        timeout(LIST_DEADLINE, scan).await.unwrap_or_else(|_| {
            Err(KeyValueError::Unavailable(format!(
                "redis at {} holds too many keys to be listed within {} s: give the store a server or a database of its own",
                self.0.server.addr(),
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
        let script = |command: &str, script: &str| {
            let mut command = cmd(command);
            command.arg(script).arg(1).arg(&stored);
            for argument in compare_and_swap_arguments(expected, new) {
                command.arg(argument);
            }
            command
        };
        let known = script("EVALSHA", COMPARE_AND_SWAP_SHA1);
        let swapped = match self.ask(&known).await {
            Err(RedisFailure::Redis(error))
                if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) =>
            {
                self.ask(&script("EVAL", COMPARE_AND_SWAP)).await
            }
            answered => answered,
        };
        let swapped: i64 = swapped.map_err(|failure| self.error(failure))?;
        Ok(if swapped == 1 { Swap::Stored } else { Swap::Conflict })
    }
}

/// Shows where the store is, and no password.
impl fmt::Debug for RedisStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = self.0.server.addr().to_string();
        formatter
            .debug_struct("RedisStore")
            .field("server", &server)
            .field("prefix", &self.0.prefix)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_shows_where_it_is_and_no_password() {
        let place = "redis://user:hunter2@localhost:7000/3";
        let store = RedisStore::at(place, StorePrefix::default()).unwrap();
        let shown = format!("{store:?}");
        assert!(shown.contains("localhost:7000") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn what_would_not_be_checked_or_found_is_no_address() {
        for address in [
            "rediss://localhost/#insecure",
            "redis+unix:///tmp/socket?pass=hunter2",
            "localhost:6379",
            "redis://",
            "redis://localhost/database",
            "redis://localhost:hunter2@",
        ] {
            let refused = RedisStore::at(address, StorePrefix::default()).unwrap_err();
            assert!(!refused.to_string().contains("hunter2"), "{refused}");
        }
    }
}
