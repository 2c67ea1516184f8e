use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use headgate_core::redis_layout::{check_key, check_value};
use headgate_core::{KeyValue, KeyValueError, Swap};
use redb::backends::InMemoryBackend;
use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition};
use tokio::sync::{Mutex, OnceCell};

/// An embedded store in one file, `state.redb`, or in memory.
///
/// It is opened at the first use. A write is on the disk before it is reported, and survives the process's sudden end. A
/// file belongs to one process at a time: several instances that share state need [`RedisStore`](crate::RedisStore) or
/// [`DynamoDbStore`](crate::DynamoDbStore).
#[derive(Clone, Debug)]
pub struct RedbStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    place: Place,
    database: OnceCell<Arc<Database>>,
    /// One writer at a time, waiting here and not on a thread.
    writing: Arc<Mutex<()>>,
}

#[derive(Debug)]
enum Place {
    Folder(PathBuf),
    Memory,
}

const TABLE: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("key-value");

/// The name of the file in its folder.
const FILE: &str = "state.redb";

/// How long one call may take. A local disk that needs longer is broken.
const DEADLINE: Duration = Duration::from_secs(5);

impl RedbStore {
    /// How much of a file stays in memory, in bytes. redb's own default is a gibibyte, which a function on Lambda has not got.
    pub const CACHE: usize = 8 * 1024 * 1024;

    /// Makes a store whose file is in `folder`, which is made when it is not there.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self::at(Place::Folder(folder.into()))
    }

    /// Makes a store that is gone with its last clone.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::at(Place::Memory)
    }

    fn at(place: Place) -> Self {
        let writing = Arc::new(Mutex::new(()));
        Self(Arc::new(Inner { place, database: OnceCell::new(), writing }))
    }

    async fn database(&self) -> Result<Arc<Database>, KeyValueError> {
        let opened = self.0.database.get_or_try_init(|| {
            let store = self.clone();
            async move { off_the_reactor(move || open(&store.0.place)).await.map(Arc::new) }
        });
        opened.await.cloned()
    }

    /// Reads. redb's pages are in memory or in the system's cache, so a read takes a few microseconds, less than the
    /// way to another thread and back.
    async fn read<T>(
        &self,
        read: impl FnOnce(&Database) -> Result<T, redb::Error> + Send,
    ) -> Result<T, KeyValueError> {
        let database = within(DEADLINE, self.database()).await?;
        read(&database).map_err(|error| unavailable(&error))
    }

    /// Writes: to the disk, so on another thread.
    async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Database) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, KeyValueError> {
        within(DEADLINE, async {
            let database = self.database().await?;
            let turn = Arc::clone(&self.0.writing).lock_owned().await;
            off_the_reactor(move || {
                // Kept until the write is over, also when nobody waits for it any more.
                let _turn = turn;
                write(&database).map_err(|error| unavailable(&error))
            })
            .await
        })
        .await
    }
}

impl KeyValue for RedbStore {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KeyValueError> {
        check_key(key)?;
        self.read(|database| {
            let table = database.begin_read()?.open_table(TABLE)?;
            Ok(table.get(key)?.map(|value| value.value().to_vec()))
        })
        .await
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), KeyValueError> {
        check_key(key)?;
        check_value(value)?;
        let (key, value) = (key.to_owned(), value.to_vec());
        self.write(move |database| {
            let transaction = database.begin_write()?;
            transaction.open_table(TABLE)?.insert(key.as_str(), value.as_slice())?;
            Ok(transaction.commit()?)
        })
        .await
    }

    async fn delete(&self, key: &str) -> Result<(), KeyValueError> {
        check_key(key)?;
        let key = key.to_owned();
        self.write(move |database| {
            let transaction = database.begin_write()?;
            transaction.open_table(TABLE)?.remove(key.as_str())?;
            Ok(transaction.commit()?)
        })
        .await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, KeyValueError> {
        // A list can be long: it is gathered on another thread.
        let database = within(DEADLINE, self.database()).await?;
        let prefix = prefix.to_owned();
        let list = move || {
            let table = database.begin_read()?.open_table(TABLE)?;
            let mut keys = Vec::new();
            for entry in table.range(prefix.as_str()..)? {
                let (key, _) = entry?;
                if !key.value().starts_with(&prefix) {
                    break;
                }
                keys.push(key.value().to_owned());
            }
            Ok(keys)
        };
        let list = move || list().map_err(|error: redb::Error| unavailable(&error));
        within(DEADLINE, off_the_reactor(list)).await
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        new: &[u8],
    ) -> Result<Swap, KeyValueError> {
        check_key(key)?;
        check_value(new)?;
        let (key, new) = (key.to_owned(), new.to_vec());
        let expected = expected.map(<[u8]>::to_vec);
        self.write(move |database| {
            let transaction = database.begin_write()?;
            {
                let mut table = transaction.open_table(TABLE)?;
                let as_expected =
                    table.get(key.as_str())?.map(|found| found.value().to_vec()) == expected;
                if !as_expected {
                    return Ok(Swap::Conflict);
                }
                table.insert(key.as_str(), new.as_slice())?;
            }
            transaction.commit()?;
            Ok(Swap::Stored)
        })
        .await
    }
}

fn open(place: &Place) -> Result<Database, KeyValueError> {
    let mut builder = Database::builder();
    builder.set_cache_size(RedbStore::CACHE);
    let opened = match place {
        Place::Memory => builder.create_with_backend(InMemoryBackend::new()),
        Place::Folder(folder) => {
            make_folder(folder)?;
            builder.create(folder.join(FILE))
        }
    };
    let database = opened.map_err(|error| match (error, place) {
        (DatabaseError::DatabaseAlreadyOpen, Place::Folder(folder)) => {
            KeyValueError::Unavailable(format!(
                "{} is in use by another process: give each its own HEADGATE_STATE_DIR, or all of them one HEADGATE_STORE",
                folder.join(FILE).display()
            ))
        }
        (error, _) => KeyValueError::Unavailable(error.to_string()),
    })?;
    // Reads find the table from the start.
    let transaction = database.begin_write().map_err(|error| unavailable(&error.into()))?;
    transaction.open_table(TABLE).map_err(|error| unavailable(&error.into()))?;
    transaction.commit().map_err(|error| unavailable(&error.into()))?;
    Ok(database)
}

/// Makes the folder, for this user alone: state may hold what nobody else should read.
fn make_folder(folder: &Path) -> Result<(), KeyValueError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| {
        KeyValueError::Unavailable(format!("folder {} cannot be made: {error}", folder.display()))
    })
}

async fn off_the_reactor<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, KeyValueError> + Send + 'static,
) -> Result<T, KeyValueError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(KeyValueError::Unavailable(error.to_string())),
    }
}

async fn within<T>(
    deadline: Duration,
    call: impl Future<Output = Result<T, KeyValueError>>,
) -> Result<T, KeyValueError> {
    tokio::time::timeout(deadline, call).await.unwrap_or_else(|_| {
        Err(KeyValueError::Unavailable("the disk did not answer in time".to_owned()))
    })
}

fn unavailable(error: &redb::Error) -> KeyValueError {
    KeyValueError::Unavailable(error.to_string())
}
