use std::sync::Arc;

use futures_util::future::try_join_all;
use wasmtime::component::{Accessor, FutureReader, HasSelf, Resource, StreamReader};

use super::Guest;
use super::bindings::spin::key_value::key_value as spin;
use super::bindings::wasi::keyvalue::{atomics, batch, store};
use crate::store::{Store, StoreError, Swapped};

/// An open key-value store: a label that the component's manifest declares.
#[derive(Clone)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Bucket {
    label: Arc<str>,
    store: Arc<Store>,
    /// The keys in order as the last listing found them, while there are pages of it to come.
    listed: Arc<[String]>,
}

/// A compare-and-swap under way: the key, and the value that was seen there last.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Cas {
    bucket: Bucket,
    key: String,
    seen: Option<Vec<u8>>,
}

/// A list is given in pages of this many keys.
const PAGE: usize = 1_000;

impl Guest {
    /// Opens a declared store; `None` when the component did not declare it.
    fn bucket(&self, label: &str) -> Option<Bucket> {
        self.environment.key_value_stores.contains(label).then(|| Bucket {
            label: label.into(),
            store: Arc::clone(&self.environment.store),
            listed: Arc::default(),
        })
    }
}

/// The page after the key `last`, and whether others follow.
fn page(keys: &[String], last: Option<&str>) -> (Vec<String>, bool) {
    let start = last.map_or(0, |last| keys.partition_point(|key| key.as_str() <= last));
    let rest = keys.get(start..).unwrap_or_default();
    (rest.iter().take(PAGE).cloned().collect(), rest.len() > PAGE)
}

impl From<StoreError> for store::Error {
    fn from(error: StoreError) -> Self {
        Self::Other(error.to_string())
    }
}

impl From<StoreError> for spin::Error {
    fn from(error: StoreError) -> Self {
        Self::Other(error.to_string())
    }
}

type Answer<T, E = store::Error> = wasmtime::Result<Result<T, E>>;

impl store::Host for Guest {
    async fn open(&mut self, identifier: String) -> Answer<Resource<Bucket>> {
        match self.bucket(&identifier) {
            Some(bucket) => Ok(Ok(self.table.push(bucket)?)),
            None => Ok(Err(store::Error::AccessDenied)),
        }
    }
}

impl store::HostBucket for Guest {
    async fn get(&mut self, bucket: Resource<Bucket>, key: String) -> Answer<Option<Vec<u8>>> {
        let bucket = self.table.get(&bucket)?;
        Ok(bucket.store.get(&bucket.label, &key).await.map_err(Into::into))
    }

    async fn set(&mut self, bucket: Resource<Bucket>, key: String, value: Vec<u8>) -> Answer<()> {
        let bucket = self.table.get(&bucket)?;
        Ok(bucket.store.set_many(&bucket.label, vec![(key, value)]).await.map_err(Into::into))
    }

    async fn delete(&mut self, bucket: Resource<Bucket>, key: String) -> Answer<()> {
        let bucket = self.table.get(&bucket)?;
        Ok(bucket.store.delete_many(&bucket.label, vec![key]).await.map_err(Into::into))
    }

    async fn exists(&mut self, bucket: Resource<Bucket>, key: String) -> Answer<bool> {
        let bucket = self.table.get(&bucket)?;
        Ok(bucket.store.exists(&bucket.label, &key).await.map_err(Into::into))
    }

    /// The first page asks the store, which gives all keys, and the others go on in what it gave: the interface lets a list be
    /// older than its last page. The cursor is the last key of the page before, so that it is good for any list.
    async fn list_keys(
        &mut self,
        bucket: Resource<Bucket>,
        cursor: Option<String>,
    ) -> Answer<store::KeyResponse> {
        let bucket = self.table.get_mut(&bucket)?;
        if cursor.is_none() || bucket.listed.is_empty() {
            bucket.listed = match bucket.store.list(&bucket.label).await {
                Ok(keys) => keys.into(),
                Err(error) => return Ok(Err(error.into())),
            };
        }
        let (keys, more) = page(&bucket.listed, cursor.as_deref());
        if !more {
            bucket.listed = Arc::default();
        }
        let cursor = if more { keys.last().cloned() } else { None };
        Ok(Ok(store::KeyResponse { keys, cursor }))
    }

    async fn drop(&mut self, bucket: Resource<Bucket>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl atomics::Host for Guest {
    async fn increment(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        delta: i64,
    ) -> Answer<i64> {
        let bucket = self.table.get(&bucket)?;
        Ok(bucket.store.increment(&bucket.label, key, delta).await.map_err(Into::into))
    }

    async fn swap(&mut self, cas: Resource<Cas>, value: Vec<u8>) -> Answer<(), atomics::CasError> {
        let Cas { bucket, key, seen } = self.table.delete(cas)?;
        Ok(match bucket.store.swap(&bucket.label, key.clone(), seen, value).await {
            Ok(Swapped::Stored) => Ok(()),
            Ok(Swapped::Conflict(seen)) => {
                let again = self.table.push(Cas { bucket, key, seen })?;
                Err(atomics::CasError::CasFailed(again))
            }
            Err(error) => Err(atomics::CasError::StoreError(error.into())),
        })
    }
}

impl atomics::HostCas for Guest {
    async fn new(&mut self, bucket: Resource<Bucket>, key: String) -> Answer<Resource<Cas>> {
        let bucket = self.table.get(&bucket)?.clone();
        match bucket.store.get(&bucket.label, &key).await {
            Ok(seen) => Ok(Ok(self.table.push(Cas { bucket, key, seen })?)),
            Err(error) => Ok(Err(error.into())),
        }
    }

    /// Looks again, and swaps against what it gives.
    async fn current(&mut self, cas: Resource<Cas>) -> Answer<Option<Vec<u8>>> {
        let cas = self.table.get_mut(&cas)?;
        match cas.bucket.store.get(&cas.bucket.label, &cas.key).await {
            Ok(seen) => {
                cas.seen.clone_from(&seen);
                Ok(Ok(seen))
            }
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn drop(&mut self, cas: Resource<Cas>) -> wasmtime::Result<()> {
        self.table.delete(cas)?;
        Ok(())
    }
}

impl batch::Host for Guest {
    async fn get_many(
        &mut self,
        bucket: Resource<Bucket>,
        keys: Vec<String>,
    ) -> Answer<Vec<(String, Option<Vec<u8>>)>> {
        let bucket = self.table.get(&bucket)?;
        let get = async |key: String| {
            let value = bucket.store.get(&bucket.label, &key).await?;
            Ok((key, value))
        };
        Ok(try_join_all(keys.into_iter().map(get)).await)
    }

    async fn set_many(
        &mut self,
        bucket: Resource<Bucket>,
        key_values: Vec<(String, Vec<u8>)>,
    ) -> Answer<()> {
        let bucket = self.table.get(&bucket)?;
        Ok(bucket.store.set_many(&bucket.label, key_values).await.map_err(Into::into))
    }

    async fn delete_many(&mut self, bucket: Resource<Bucket>, keys: Vec<String>) -> Answer<()> {
        let bucket = self.table.get(&bucket)?;
        Ok(bucket.store.delete_many(&bucket.label, keys).await.map_err(Into::into))
    }
}

impl spin::Host for Guest {}

impl spin::HostStore for Guest {
    fn drop(&mut self, store: Resource<Bucket>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}

type SpinAnswer<T> = wasmtime::Result<Result<T, spin::Error>>;

/// Takes the bucket out of the table's reach, so that other tasks of the instance go on while the store works.
fn opened<T: Send>(
    accessor: &Accessor<T, HasSelf<Guest>>,
    store: &Resource<Bucket>,
) -> wasmtime::Result<Bucket> {
    accessor.with(|mut access| Ok(access.get().table.get(store)?.clone()))
}

impl<T: Send> spin::HostStoreWithStore<T> for HasSelf<Guest> {
    async fn open(accessor: &Accessor<T, Self>, label: String) -> SpinAnswer<Resource<Bucket>> {
        accessor.with(|mut access| {
            let guest = access.get();
            match guest.bucket(&label) {
                Some(bucket) => Ok(Ok(guest.table.push(bucket)?)),
                None => Ok(Err(spin::Error::AccessDenied)),
            }
        })
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        store: Resource<Bucket>,
        key: String,
    ) -> SpinAnswer<Option<Vec<u8>>> {
        let bucket = opened(accessor, &store)?;
        Ok(bucket.store.get(&bucket.label, &key).await.map_err(Into::into))
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        store: Resource<Bucket>,
        key: String,
        value: Vec<u8>,
    ) -> SpinAnswer<()> {
        let bucket = opened(accessor, &store)?;
        Ok(bucket.store.set_many(&bucket.label, vec![(key, value)]).await.map_err(Into::into))
    }

    async fn delete(
        accessor: &Accessor<T, Self>,
        store: Resource<Bucket>,
        key: String,
    ) -> SpinAnswer<()> {
        let bucket = opened(accessor, &store)?;
        Ok(bucket.store.delete_many(&bucket.label, vec![key]).await.map_err(Into::into))
    }

    async fn exists(
        accessor: &Accessor<T, Self>,
        store: Resource<Bucket>,
        key: String,
    ) -> SpinAnswer<bool> {
        let bucket = opened(accessor, &store)?;
        Ok(bucket.store.exists(&bucket.label, &key).await.map_err(Into::into))
    }

    async fn get_keys(
        accessor: &Accessor<T, Self>,
        store: Resource<Bucket>,
    ) -> wasmtime::Result<(StreamReader<String>, FutureReader<Result<(), spin::Error>>)> {
        let bucket = opened(accessor, &store)?;
        let (keys, end) = match bucket.store.list(&bucket.label).await {
            Ok(keys) => (keys, Ok(())),
            Err(error) => (Vec::new(), Err(error.into())),
        };
        accessor.with(|mut access| {
            let keys = StreamReader::new(&mut access, keys)?;
            let end = FutureReader::new(&mut access, async move { wasmtime::error::Ok(end) })?;
            Ok((keys, end))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_together_are_all_keys_once_also_when_the_key_of_the_cursor_is_gone() {
        let keys: Vec<_> = (0..2_500).map(|number| format!("{number:04}")).collect();
        let (mut found, mut more) = page(&keys, None);
        while more {
            let kept: Vec<_> =
                keys.iter().filter(|key| Some(*key) != found.last()).cloned().collect();
            let (next, follow) = page(&kept, found.last().map(String::as_str));
            assert!(!next.is_empty() && next.len() <= PAGE);
            found.extend(next);
            more = follow;
        }
        assert_eq!(found, keys);
        assert_eq!(page(&keys[..PAGE], None), (keys[..PAGE].to_vec(), false));
        assert_eq!(page(&[], Some("x")), (Vec::new(), false));
    }
}
