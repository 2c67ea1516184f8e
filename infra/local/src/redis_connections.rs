use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, IntoConnectionInfo, RedisError, Value,
};

use crate::allowed_hosts::AllowedHosts;

/// A component's connections to Redis servers: one for each address, which all its instances share.
///
/// Components do not share one with each other: a connection has a state of its own, and a login.
pub(crate) struct RedisConnections {
    allowed: Arc<AllowedHosts>,
    slots: Mutex<BTreeMap<String, Slot>>,
}

type Slot = Arc<tokio::sync::Mutex<Option<RedisConnection>>>;

/// An open connection. A clone is the same connection.
#[derive(Clone)]
pub(crate) struct RedisConnection {
    connection: MultiplexedConnection,
    broken: Arc<AtomicBool>,
}

/// Why there is no connection.
pub(crate) enum NoConnection {
    /// The address is none, or the manifest does not allow it.
    Address,
    /// The component has connections to as many addresses as it may.
    TooMany,
    /// The server did not answer in time.
    TimedOut,
    /// The server refused, or nobody is there.
    Redis(RedisError),
}

/// How long connecting may take, and how long a command.
pub(crate) const DEADLINE: Duration = Duration::from_secs(2);

/// The most addresses that a component may be connected to.
const MOST_ADDRESSES: usize = 16;

impl RedisConnections {
    pub(crate) fn new(allowed: Arc<AllowedHosts>) -> Self {
        Self { allowed, slots: Mutex::default() }
    }

    /// Gives the connection to `address`, and makes it when there is none that works.
    pub(crate) async fn open(&self, address: String) -> Result<RedisConnection, NoConnection> {
        let client = self.client(&address)?;
        let slot = self.slot(address)?;
        let opening = async {
            // Whoever comes meanwhile waits for this connection.
            let mut slot = slot.lock().await;
            if let Some(open) = slot.as_ref().filter(|open| !open.broken.load(Ordering::Relaxed)) {
                return Ok(open.clone());
            }
            *slot = None;
            let config = AsyncConnectionConfig::new()
                .set_connection_timeout(None)
                .set_response_timeout(Some(DEADLINE));
            let connection = client.get_multiplexed_async_connection_with_config(&config).await;
            let connection = connection.map_err(NoConnection::Redis)?;
            let open = RedisConnection { connection, broken: Arc::default() };
            *slot = Some(open.clone());
            Ok(open)
        };
        tokio::time::timeout(DEADLINE, opening).await.unwrap_or(Err(NoConnection::TimedOut))
    }

    /// Reads the address, and judges the host that the client will connect to by it.
    fn client(&self, address: &str) -> Result<Client, NoConnection> {
        let server = address.into_connection_info().map_err(|_| NoConnection::Address)?;
        let (scheme, host, port) = match server.addr() {
            ConnectionAddr::Tcp(host, port) => ("redis", host, *port),
            ConnectionAddr::TcpTls { host, port, insecure: false, .. } => ("rediss", host, *port),
            // A socket's path is no host, and a certificate that is not looked at is no proof of one.
            _ => return Err(NoConnection::Address),
        };
        if !self.allowed.allow_origin(scheme, host, port) {
            return Err(NoConnection::Address);
        }
        // What the client calls itself would be two more commands for each connection.
        let settings = server.redis_settings().clone().set_skip_set_lib_name();
        Client::open(server.set_redis_settings(settings)).map_err(|_| NoConnection::Address)
    }

    fn slot(&self, address: String) -> Result<Slot, NoConnection> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MOST_ADDRESSES && !slots.contains_key(&address) {
            slots.retain(|_, slot| slot.try_lock().map_or(true, |open| open.is_some()));
            if slots.len() >= MOST_ADDRESSES {
                return Err(NoConnection::TooMany);
            }
        }
        Ok(Arc::clone(slots.entry(address).or_default()))
    }
}

impl RedisConnection {
    /// Runs a command, within the deadline.
    pub(crate) async fn run(&self, command: &Cmd) -> Result<Value, RedisError> {
        let answer = self.connection.clone().send_packed_command(command).await;
        let answer = answer.and_then(Value::extract_error);
        if let Err(error) = &answer
            && (error.is_io_error() || error.is_unrecoverable_error())
        {
            self.broken.store(true, Ordering::Relaxed);
        }
        answer
    }
}
