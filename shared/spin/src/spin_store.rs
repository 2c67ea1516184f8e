use headgate_core::redis_layout::{PrefixError, StorePrefix, address_and_prefix};
use headgate_core::{KeyValue, KeyValueError, Swap, Variables as _, VariablesError};

use crate::{RedisKeyValue, SpinVariables, WasiKeyValue};

/// A key-value store that a component can be given. Which ones it imports is decided by its type of store.
pub trait ComponentStore: KeyValue + Sized {
    /// Opens the store of the function that is called so.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the component's variables do not say where it is.
    fn open(function: &str) -> impl Future<Output = Result<Self, StoreError>> + Send;
}

/// The store that a component's variable `store` chooses: a Redis server, or when it is blank the store that the
/// manifest names `default`.
///
/// A component with this store imports `spin:redis`, and is refused by a host that has none.
#[derive(Clone, Debug)]
pub enum SpinStore {
    /// What the host keeps.
    Wasi(WasiKeyValue),
    /// A Redis server.
    Redis(RedisKeyValue),
}

/// Why there is no store. It never shows the variable's value, which may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The host did not give the variable.
    #[error(transparent)]
    Variables(#[from] VariablesError),
    /// The variable begins as no store does.
    #[error("variable store: it must be redis://HOST[:PORT], rediss://HOST:PORT or blank")]
    Unknown,
    /// The prefix is none.
    #[error("variable {STORE}: {0}")]
    Prefix(#[from] PrefixError),
}

/// The variable that says where the state is that instances share.
///
/// `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`, or `rediss://…` over TLS, with `?prefix=NAME` when the keys are not to
/// begin with the function's name. Unset or blank: the store that the manifest names `default`.
const STORE: &str = "store";

impl ComponentStore for SpinStore {
    async fn open(function: &str) -> Result<Self, StoreError> {
        let Some(place) = SpinVariables.text(STORE).await? else {
            return Ok(Self::Wasi(WasiKeyValue));
        };
        if !place.starts_with("redis://") && !place.starts_with("rediss://") {
            return Err(StoreError::Unknown);
        }
        let (address, prefix) = address_and_prefix(&place)?;
        let prefix: StorePrefix = match prefix {
            Some(prefix) => prefix,
            None => function.parse()?,
        };
        Ok(Self::Redis(RedisKeyValue::at(&address, prefix)))
    }
}

impl ComponentStore for WasiKeyValue {
    async fn open(_function: &str) -> Result<Self, StoreError> {
        Ok(Self)
    }
}

impl KeyValue for SpinStore {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KeyValueError> {
        match self {
            Self::Wasi(store) => store.get(key).await,
            Self::Redis(store) => store.get(key).await,
        }
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), KeyValueError> {
        match self {
            Self::Wasi(store) => store.set(key, value).await,
            Self::Redis(store) => store.set(key, value).await,
        }
    }

    async fn delete(&self, key: &str) -> Result<(), KeyValueError> {
        match self {
            Self::Wasi(store) => store.delete(key).await,
            Self::Redis(store) => store.delete(key).await,
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, KeyValueError> {
        match self {
            Self::Wasi(store) => store.list(prefix).await,
            Self::Redis(store) => store.list(prefix).await,
        }
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        new: &[u8],
    ) -> Result<Swap, KeyValueError> {
        match self {
            Self::Wasi(store) => store.compare_and_swap(key, expected, new).await,
            Self::Redis(store) => store.compare_and_swap(key, expected, new).await,
        }
    }
}
