use std::fmt;
use std::str::FromStr;

use headgate_core::redis_layout::{PrefixError, StorePrefix, address_and_prefix};

/// Where a key-value store is that several machines share, as an operator writes it.
///
/// `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`, `rediss://…` over TLS, or `dynamodb:TABLE`, which may be a table's ARN;
/// each with `?prefix=NAME` when the store's keys are to have a prefix of the operator's choice.
#[derive(Clone, PartialEq, Eq)]
pub struct StorePlace {
    pub(crate) server: StoreServer,
    pub(crate) prefix: Option<StorePrefix>,
}

/// What keeps the store.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum StoreServer {
    /// The address, which may hold a password.
    Redis(String),
    /// The table.
    DynamoDb(String),
}

/// Why a text is no place of a store. It never shows the text, which may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorePlaceError {
    /// It begins as none of the known places does.
    #[error("a store must be redis://HOST, rediss://HOST or dynamodb:TABLE")]
    Unknown,
    /// It begins as the address of a Redis server and is none.
    #[error(
        "a redis store must be redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// for TLS, with special characters in percent-encoding"
    )]
    Redis,
    /// It names no table.
    #[error("a dynamodb store must be dynamodb:TABLE, or dynamodb:ARN")]
    Table,
    /// The prefix is none.
    #[error(transparent)]
    Prefix(#[from] PrefixError),
}

impl FromStr for StorePlace {
    type Err = StorePlaceError;

    fn from_str(text: &str) -> Result<Self, StorePlaceError> {
        let (address, prefix) = address_and_prefix(text)?;
        let server = if let Some(table) = address.strip_prefix("dynamodb:") {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
            if !(3..=1_024).contains(&table.len()) || !table.bytes().all(allowed) {
                return Err(StorePlaceError::Table);
            }
            StoreServer::DynamoDb(table.to_owned())
        } else if address.starts_with("redis://") || address.starts_with("rediss://") {
            StoreServer::Redis(address)
        } else {
            return Err(StorePlaceError::Unknown);
        };
        Ok(Self { server, prefix })
    }
}

/// Shows the kind of store, and no address.
impl fmt::Debug for StorePlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match &self.server {
            StoreServer::Redis(_) => "StorePlace(redis)",
            StoreServer::DynamoDb(_) => "StorePlace(dynamodb)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_with_its_prefix() {
        let place: StorePlace = "dynamodb:headgate?prefix=a".parse().unwrap();
        assert_eq!(place.prefix, Some("a".parse().unwrap()));
        assert!(matches!(place.server, StoreServer::DynamoDb(table) if table == "headgate"));
        let place: StorePlace = "rediss://:p@h:1/2?prefix=a".parse().unwrap();
        assert!(matches!(place.server, StoreServer::Redis(at) if at == "rediss://:p@h:1/2"));
        assert!(
            "dynamodb:arn:aws:dynamodb:eu-west-1:123456789012:table/headgate"
                .parse::<StorePlace>()
                .is_ok()
        );
    }

    #[test]
    fn what_is_no_place_is_refused_without_being_shown() {
        for text in [
            "",
            "hunter2",
            "memcached://hunter2",
            "dynamodb:",
            "dynamodb:hunter2 x",
            "redis://h?prefix=hunter2:",
        ] {
            let error = text.parse::<StorePlace>().unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn debug_shows_no_address() {
        let place: StorePlace = "redis://:hunter2@h".parse().unwrap();
        assert_eq!(format!("{place:?}"), "StorePlace(redis)");
    }
}
