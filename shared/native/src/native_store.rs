use futures_util::FutureExt;
use headgate_core::redis_layout::StorePrefix;
use headgate_core::{KeyValue, KeyValueError, Swap};

use crate::store_place::{StorePlace, StorePlaceError, StoreServer};
use crate::{DynamoDbStore, RedbStore, RedisStore};

/// The key-value store of a process: its own file, or what it shares with other machines. A clone is the same store.
#[derive(Clone, Debug)]
pub enum NativeStore {
    /// One file, or memory, which this process uses alone.
    File(RedbStore),
    /// A Redis server.
    Redis(RedisStore),
    /// A table of DynamoDB.
    DynamoDb(DynamoDbStore),
}

impl NativeStore {
    /// Makes the store at `place`, under `own` where the place names no prefix. Nothing is connected before the first use.
    ///
    /// # Errors
    ///
    /// [`StorePlaceError`] when the address is none.
    pub fn shared(place: &StorePlace, own: &StorePrefix) -> Result<Self, StorePlaceError> {
        let prefix = place.prefix.as_ref().unwrap_or(own).clone();
        Ok(match &place.server {
            StoreServer::Redis(address) => Self::Redis(RedisStore::at(address, prefix)?),
            StoreServer::DynamoDb(table) => {
                Self::DynamoDb(DynamoDbStore::in_table(table.as_str(), prefix))
            }
        })
    }
}

impl From<RedbStore> for NativeStore {
    fn from(store: RedbStore) -> Self {
        Self::File(store)
    }
}

/// The servers' futures are in boxes without a type: they are large, and nest deeper than the compiler follows.
impl KeyValue for NativeStore {
    fn longest_value(&self) -> usize {
        match self {
            Self::File(store) => store.longest_value(),
            Self::Redis(store) => store.longest_value(),
            Self::DynamoDb(store) => store.longest_value(),
        }
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KeyValueError> {
        match self {
            Self::File(store) => store.get(key).await,
            Self::Redis(store) => store.get(key).boxed().await,
            Self::DynamoDb(store) => store.get(key).boxed().await,
        }
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), KeyValueError> {
        match self {
            Self::File(store) => store.set(key, value).await,
            Self::Redis(store) => store.set(key, value).boxed().await,
            Self::DynamoDb(store) => store.set(key, value).boxed().await,
        }
    }

    async fn delete(&self, key: &str) -> Result<(), KeyValueError> {
        match self {
            Self::File(store) => store.delete(key).await,
            Self::Redis(store) => store.delete(key).boxed().await,
            Self::DynamoDb(store) => store.delete(key).boxed().await,
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, KeyValueError> {
        match self {
            Self::File(store) => store.list(prefix).await,
            Self::Redis(store) => store.list(prefix).boxed().await,
            Self::DynamoDb(store) => store.list(prefix).boxed().await,
        }
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        new: &[u8],
    ) -> Result<Swap, KeyValueError> {
        match self {
            Self::File(store) => store.compare_and_swap(key, expected, new).await,
            Self::Redis(store) => store.compare_and_swap(key, expected, new).boxed().await,
            Self::DynamoDb(store) => store.compare_and_swap(key, expected, new).boxed().await,
        }
    }
}
