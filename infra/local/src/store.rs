mod shared;
mod writer;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

use headgate_core::{KeyValue as _, KeyValueError, redis_layout};
use headgate_native::{NativeStore, RedbStore, StorePlace, StorePlaceError};
use redb::{Database, DatabaseError, ReadableDatabase, TableDefinition};
use tokio::sync::{mpsc, oneshot};

use writer::{Change, Write, Written, write_all};

/// The one table: a store's label and a key, and the value.
const TABLE: TableDefinition<'static, (&str, &str), &[u8]> = TableDefinition::new("key-value");
const QUEUE: usize = 1_024;
const KEY_LIMIT: usize = 255;

/// The key-value stores of an application, in one file that survives a restart; or where they are shared with others.
///
/// A store whose label has a place of its own is there: in a Redis server or a table of DynamoDB. The others are in the file.
///
/// One thread writes the file. It takes whatever waits in its queue into one transaction and answers once that is on disk, so a
/// write never blocks the reactor and many writers share one flush. A read is a lookup in the file's page cache that no
/// writer holds up; it takes a few microseconds, less than handing it to another thread would. A listing may be long and
/// runs on a thread of its own.
pub(crate) struct Store {
    open: RwLock<Option<Open>>,
    /// By label.
    shared: BTreeMap<String, NativeStore>,
}

struct Open {
    database: Arc<Database>,
    writes: mpsc::Sender<Write>,
    writer: JoinHandle<()>,
}

/// What a compare-and-swap found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Swapped {
    /// The new value is in place.
    Stored,
    /// This was there, and still is.
    Conflict(Option<Vec<u8>>),
}

/// Why the state could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Another process, or another host in this one, uses the same folder.
    #[error(
        "the state folder {0} is in use by another process: stop it, or choose another with --state-dir"
    )]
    InUse(PathBuf),
    /// The folder could not be made or read.
    #[error("the state folder {folder} cannot be used: {source}")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file in the folder could not be opened.
    #[error("the state file {file} cannot be opened: {source}")]
    File {
        /// The file.
        file: PathBuf,
        /// What the store says.
        source: Box<redb::Error>,
    },
    /// The place of a store is none.
    #[error("the key-value store {label} cannot be where it is said to be: {source}")]
    Place {
        /// The store's label.
        label: String,
        /// What is wrong; it does not show the place.
        source: StorePlaceError,
    },
}

/// Why the store did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("a key has at most {KEY_LIMIT} bytes")]
    KeyTooLong,
    #[error("the value at the key is not a whole number")]
    NotANumber,
    #[error("the sum does not fit into 64 bits")]
    Overflow,
    #[error("the host is shutting down")]
    Closed,
    #[error("the state file failed: {0}")]
    Failed(String),
    #[error(transparent)]
    Told(#[from] KeyValueError),
}

impl Store {
    /// Opens, or makes, the state file in `folder`.
    pub(crate) fn open(folder: &Path) -> Result<Self, StateError> {
        std::fs::create_dir_all(folder)
            .map_err(|source| StateError::Folder { folder: folder.to_owned(), source })?;
        let file = folder.join("state.redb");
        let failed =
            |source: redb::Error| StateError::File { file: file.clone(), source: Box::new(source) };
        let database = match Database::builder().set_cache_size(RedbStore::CACHE).create(&file) {
            Ok(database) => Arc::new(database),
            Err(DatabaseError::DatabaseAlreadyOpen) => {
                return Err(StateError::InUse(folder.to_owned()));
            }
            Err(error) => return Err(failed(error.into())),
        };
        // The table must be there before the first read.
        let transaction = database.begin_write().map_err(|error| failed(error.into()))?;
        transaction.open_table(TABLE).map_err(|error| failed(error.into()))?;
        transaction.commit().map_err(|error| failed(error.into()))?;
        let (writes, queue) = mpsc::channel(QUEUE);
        let writer = std::thread::Builder::new()
            .name("headgate-state".to_owned())
            .spawn({
                let database = Arc::clone(&database);
                move || write_all(&database, queue)
            })
            .map_err(|source| StateError::Folder { folder: folder.to_owned(), source })?;
        let open = RwLock::new(Some(Open { database, writes, writer }));
        Ok(Self { open, shared: BTreeMap::new() })
    }

    /// Puts stores elsewhere: each label's at its place, under the label unless the place names a prefix. None of them is
    /// connected before its first use.
    pub(crate) fn with_shared(
        mut self,
        places: &BTreeMap<String, String>,
    ) -> Result<Self, StateError> {
        for (label, place) in places {
            let store = || {
                let own = label.parse()?;
                NativeStore::shared(&place.parse::<StorePlace>()?, &own)
            };
            let store =
                store().map_err(|source| StateError::Place { label: label.clone(), source })?;
            self.shared.insert(label.clone(), store);
        }
        Ok(self)
    }

    /// Ends the writer after what is queued, and gives the file free. Later calls answer [`StoreError::Closed`].
    pub(crate) fn close(&self) {
        let open = self.open.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Open { database, writes, writer }) = open {
            drop((writes, database));
            // A writer that panicked has nothing left to write.
            let _ = writer.join();
        }
    }

    pub(crate) async fn get(&self, label: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        check_key(key)?;
        if let Some(store) = self.shared.get(label) {
            return Ok(store.get(key).await?);
        }
        let table =
            self.database()?.begin_read().map_err(failed)?.open_table(TABLE).map_err(failed)?;
        Ok(table.get((label, key)).map_err(failed)?.map(|value| value.value().to_vec()))
    }

    pub(crate) async fn exists(&self, label: &str, key: &str) -> Result<bool, StoreError> {
        self.get(label, key).await.map(|value| value.is_some())
    }

    /// Gives all keys of a store, in order.
    pub(crate) async fn list(&self, label: &str) -> Result<Vec<String>, StoreError> {
        if let Some(store) = self.shared.get(label) {
            let mut keys = store.list("").await?;
            keys.sort_unstable();
            return Ok(keys);
        }
        let (database, label) = (self.database()?, label.to_owned());
        let list = move || {
            let table = database.begin_read().map_err(failed)?.open_table(TABLE).map_err(failed)?;
            let mut keys = Vec::new();
            for entry in table.range((label.as_str(), "")..).map_err(failed)? {
                let (key, _) = entry.map_err(failed)?;
                let (of, key) = key.value();
                if of != label {
                    break;
                }
                keys.push(key.to_owned());
            }
            Ok(keys)
        };
        tokio::task::spawn_blocking(list).await.map_err(failed)?
    }

    pub(crate) async fn set_many(
        &self,
        label: &str,
        entries: Vec<(String, Vec<u8>)>,
    ) -> Result<(), StoreError> {
        for (key, value) in &entries {
            check_key(key)?;
            check_value(value)?;
        }
        if let Some(store) = self.shared.get(label) {
            return Ok(shared::set_many(store, &entries).await?);
        }
        self.write(label, Change::Set(entries)).await.map(|_| ())
    }

    pub(crate) async fn delete_many(
        &self,
        label: &str,
        keys: Vec<String>,
    ) -> Result<(), StoreError> {
        keys.iter().try_for_each(|key| check_key(key))?;
        if let Some(store) = self.shared.get(label) {
            return Ok(shared::delete_many(store, &keys).await?);
        }
        self.write(label, Change::Delete(keys)).await.map(|_| ())
    }

    /// Puts `new` at `key` if what is there is `expected`.
    pub(crate) async fn swap(
        &self,
        label: &str,
        key: String,
        expected: Option<Vec<u8>>,
        new: Vec<u8>,
    ) -> Result<Swapped, StoreError> {
        check_key(&key)?;
        check_value(&new)?;
        if let Some(store) = self.shared.get(label) {
            return Ok(shared::swap(store, &key, expected.as_deref(), &new).await?);
        }
        Ok(match self.write(label, Change::Swap { key, expected, new }).await? {
            Written::Conflict(found) => Swapped::Conflict(found),
            Written::Done | Written::Sum(_) => Swapped::Stored,
        })
    }

    /// Adds `delta` to the whole number that stands at `key` in decimal digits; nothing there counts as zero.
    pub(crate) async fn increment(
        &self,
        label: &str,
        key: String,
        delta: i64,
    ) -> Result<i64, StoreError> {
        check_key(&key)?;
        if let Some(store) = self.shared.get(label) {
            return shared::increment(store, &key, delta).await;
        }
        Ok(match self.write(label, Change::Increment { key, delta }).await? {
            Written::Sum(sum) => sum,
            Written::Done | Written::Conflict(_) => delta,
        })
    }

    fn database(&self) -> Result<Arc<Database>, StoreError> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.as_ref().map(|open| Arc::clone(&open.database)).ok_or(StoreError::Closed)
    }

    async fn write(&self, label: &str, change: Change) -> Result<Written, StoreError> {
        let writes = {
            let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
            open.as_ref().ok_or(StoreError::Closed)?.writes.clone()
        };
        let (done, written) = oneshot::channel();
        let write = Write { label: label.to_owned(), change, done };
        writes.send(write).await.map_err(|_| StoreError::Closed)?;
        drop(writes);
        written.await.map_err(|_| StoreError::Closed)?
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

/// The value after `delta` was added to the whole number that `found` is in decimal digits; nothing there counts as zero.
fn sum(found: Option<&[u8]>, delta: i64) -> Result<i64, StoreError> {
    let number = match found {
        None => 0,
        Some(digits) => std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| digits.parse::<i64>().ok())
            .ok_or(StoreError::NotANumber)?,
    };
    number.checked_add(delta).ok_or(StoreError::Overflow)
}

fn check_key(key: &str) -> Result<(), StoreError> {
    if key.len() > KEY_LIMIT { Err(StoreError::KeyTooLong) } else { Ok(()) }
}

fn check_value(value: &[u8]) -> Result<(), StoreError> {
    Ok(redis_layout::check_value(value)?)
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError::Failed(error.to_string())
}

#[cfg(test)]
mod tests;
