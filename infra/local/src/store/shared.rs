//! What guests may ask of a store, by what the port of every native store can do.

use futures_util::future::try_join_all;
use headgate_core::{KeyValue, KeyValueError, Swap};
use headgate_native::NativeStore;

use super::{StoreError, Swapped, sum};

pub(super) async fn set_many(
    store: &NativeStore,
    entries: &[(String, Vec<u8>)],
) -> Result<(), KeyValueError> {
    try_join_all(entries.iter().map(|(key, value)| store.set(key, value))).await.map(|_| ())
}

pub(super) async fn delete_many(store: &NativeStore, keys: &[String]) -> Result<(), KeyValueError> {
    try_join_all(keys.iter().map(|key| store.delete(key))).await.map(|_| ())
}

/// On a conflict it looks at what is there, which may be a later value than the one that stood against the swap.
pub(super) async fn swap(
    store: &NativeStore,
    key: &str,
    expected: Option<&[u8]>,
    new: &[u8],
) -> Result<Swapped, KeyValueError> {
    Ok(match store.compare_and_swap(key, expected, new).await? {
        Swap::Stored => Swapped::Stored,
        Swap::Conflict => Swapped::Conflict(store.get(key).await?),
    })
}

/// Reads and swaps until nobody else was faster.
pub(super) async fn increment(
    store: &NativeStore,
    key: &str,
    delta: i64,
) -> Result<i64, StoreError> {
    loop {
        let found = store.get(key).await?;
        let sum = sum(found.as_deref(), delta)?;
        let digits = sum.to_string();
        let swapped = store.compare_and_swap(key, found.as_deref(), digits.as_bytes());
        if swapped.await? == Swap::Stored {
            return Ok(sum);
        }
    }
}
