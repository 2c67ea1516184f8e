use redis::{Cmd, ErrorKind, RedisError, ServerErrorKind, Value, cmd};
use wasmtime::component::{Accessor, HasSelf, Resource};

use super::Guest;
use super::bindings::spin::redis::redis as spin;
use super::bindings::spin::redis::redis::{RedisParameter, RedisResult};
use crate::redis_connections::{DEADLINE, NoConnection, RedisConnection};

/// A guest's connection, which other instances of its component share.
#[derive(Clone)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Connection(RedisConnection);

/// What changes a connection for all who share it, or keeps it from answering the others.
const NOT_SHARED: [&str; 34] = [
    "ASKING",
    "AUTH",
    "BLMOVE",
    "BLMPOP",
    "BLPOP",
    "BRPOP",
    "BRPOPLPUSH",
    "BZMPOP",
    "BZPOPMAX",
    "BZPOPMIN",
    "CLIENT",
    "DISCARD",
    "EXEC",
    "HELLO",
    "MONITOR",
    "MULTI",
    "PSUBSCRIBE",
    "PSYNC",
    "PUNSUBSCRIBE",
    "QUIT",
    "READONLY",
    "READWRITE",
    "REPLCONF",
    "RESET",
    "SELECT",
    "SSUBSCRIBE",
    "SUBSCRIBE",
    "SUNSUBSCRIBE",
    "SYNC",
    "UNSUBSCRIBE",
    "UNWATCH",
    "WAIT",
    "WAITAOF",
    "WATCH",
];

type Answer<T> = wasmtime::Result<Result<T, spin::Error>>;

impl From<NoConnection> for spin::Error {
    fn from(reason: NoConnection) -> Self {
        match reason {
            NoConnection::Address => Self::InvalidAddress,
            NoConnection::TooMany => Self::TooManyConnections,
            NoConnection::TimedOut => {
                Self::Other(format!("no connection within {} s", DEADLINE.as_secs()))
            }
            NoConnection::Redis(error) => error.into(),
        }
    }
}

impl From<RedisError> for spin::Error {
    fn from(error: RedisError) -> Self {
        let no_number = error.detail().is_some_and(|detail| detail.contains("not an integer"));
        match error.kind() {
            ErrorKind::UnexpectedReturnType => Self::TypeError,
            ErrorKind::Server(ServerErrorKind::ResponseError) if no_number => Self::TypeError,
            _ if error.code() == Some("WRONGTYPE") => Self::TypeError,
            _ => Self::Other(error.to_string()),
        }
    }
}

impl spin::Host for Guest {}

impl spin::HostConnection for Guest {
    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

/// Takes the connection out of the table's reach, so that other tasks of the instance go on while the server works.
fn opened<T: Send>(
    accessor: &Accessor<T, HasSelf<Guest>>,
    connection: &Resource<Connection>,
) -> wasmtime::Result<RedisConnection> {
    accessor.with(|mut access| Ok(access.get().table.get(connection)?.0.clone()))
}

/// Runs a command and reads its answer.
async fn run<T: Send, A>(
    accessor: &Accessor<T, HasSelf<Guest>>,
    connection: &Resource<Connection>,
    command: &Cmd,
    read: impl FnOnce(Value) -> Option<A>,
) -> Answer<A> {
    let connection = opened(accessor, connection)?;
    Ok(match connection.run(command).await {
        Ok(value) => read(value).ok_or(spin::Error::TypeError),
        Err(error) => Err(error.into()),
    })
}

impl<T: Send> spin::HostConnectionWithStore<T> for HasSelf<Guest> {
    async fn open(accessor: &Accessor<T, Self>, address: String) -> Answer<Resource<Connection>> {
        let environment = accessor.with(|mut access| access.get().environment.clone());
        match environment.redis.open(address).await {
            Ok(open) => accessor.with(|mut access| {
                let pushed = access.get().table.push(Connection(open));
                Ok(pushed.map_err(|_| spin::Error::TooManyConnections))
            }),
            Err(reason) => Ok(Err(reason.into())),
        }
    }

    async fn publish(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        channel: String,
        payload: Vec<u8>,
    ) -> Answer<()> {
        run(accessor, &connection, cmd("PUBLISH").arg(channel).arg(payload), |_| Some(())).await
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
    ) -> Answer<Option<Vec<u8>>> {
        run(accessor, &connection, cmd("GET").arg(key), |value| match value {
            Value::Nil => Some(None),
            Value::BulkString(value) => Some(Some(value)),
            _ => None,
        })
        .await
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
        value: Vec<u8>,
    ) -> Answer<()> {
        run(accessor, &connection, cmd("SET").arg(key).arg(value), |_| Some(())).await
    }

    async fn incr(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
    ) -> Answer<i64> {
        run(accessor, &connection, cmd("INCR").arg(key), |value| match value {
            Value::Int(number) => Some(number),
            _ => None,
        })
        .await
    }

    async fn del(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        keys: Vec<String>,
    ) -> Answer<u32> {
        if keys.is_empty() {
            return Ok(Ok(0));
        }
        run(accessor, &connection, cmd("DEL").arg(keys), count).await
    }

    async fn sadd(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
        values: Vec<String>,
    ) -> Answer<u32> {
        if values.is_empty() {
            return Ok(Ok(0));
        }
        run(accessor, &connection, cmd("SADD").arg(key).arg(values), count).await
    }

    async fn smembers(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
    ) -> Answer<Vec<String>> {
        run(accessor, &connection, cmd("SMEMBERS").arg(key), |value| {
            redis::from_redis_value(value).ok()
        })
        .await
    }

    async fn srem(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
        values: Vec<String>,
    ) -> Answer<u32> {
        if values.is_empty() {
            return Ok(Ok(0));
        }
        run(accessor, &connection, cmd("SREM").arg(key).arg(values), count).await
    }

    async fn execute(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        command: String,
        arguments: Vec<RedisParameter>,
    ) -> Answer<Vec<RedisResult>> {
        if NOT_SHARED.iter().any(|refused| refused.eq_ignore_ascii_case(&command)) {
            let reason = format!("{command} is not for a connection that instances share");
            return Ok(Err(spin::Error::Other(reason)));
        }
        let mut asked = cmd(&command);
        for argument in arguments {
            match argument {
                RedisParameter::Int64(number) => asked.arg(number),
                RedisParameter::Binary(bytes) => asked.arg(bytes),
            };
        }
        run(accessor, &connection, &asked, |value| {
            let mut results = Vec::new();
            flatten(value, &mut results).then_some(results)
        })
        .await
    }
}

fn count(value: Value) -> Option<u32> {
    match value {
        Value::Int(number) => u32::try_from(number).ok(),
        _ => None,
    }
}

/// Lays lists within lists out as one, as Spin does. False: what there is has no form in the interface.
fn flatten(value: Value, results: &mut Vec<RedisResult>) -> bool {
    results.push(match value {
        Value::Nil => RedisResult::Nil,
        Value::Int(number) => RedisResult::Int64(number),
        Value::BulkString(bytes) => RedisResult::Binary(bytes),
        Value::SimpleString(status) => RedisResult::Status(status),
        Value::Okay => RedisResult::Status("OK".to_owned()),
        Value::Array(values) => return values.into_iter().all(|value| flatten(value, results)),
        _ => return false,
    });
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_within_lists_are_laid_out_as_one() {
        let page = Value::Array(vec![Value::BulkString(b"7".to_vec()), Value::Okay]);
        let answer =
            Value::Array(vec![Value::BulkString(b"0".to_vec()), page, Value::Nil, Value::Int(3)]);
        let mut results = Vec::new();
        assert!(flatten(answer, &mut results));
        assert!(matches!(
            results.as_slice(),
            [
                RedisResult::Binary(zero),
                RedisResult::Binary(seven),
                RedisResult::Status(_),
                RedisResult::Nil,
                RedisResult::Int64(3),
            ] if zero == b"0" && seven == b"7"
        ));
    }

    #[test]
    fn what_the_interface_has_no_form_for_is_no_answer() {
        assert!(!flatten(Value::Array(vec![Value::Boolean(true)]), &mut Vec::new()));
    }
}
