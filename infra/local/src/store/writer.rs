use redb::{Database, ReadableTable, Table};
use tokio::sync::{mpsc, oneshot};

use super::{StoreError, TABLE, failed, sum};

const BATCH: usize = 256;

/// A change that waits for its turn, and who is to be told what came of it.
pub(super) struct Write {
    pub(super) label: String,
    pub(super) change: Change,
    pub(super) done: oneshot::Sender<Result<Written, StoreError>>,
}

/// What is to be changed in one store.
pub(super) enum Change {
    Set(Vec<(String, Vec<u8>)>),
    Delete(Vec<String>),
    Swap { key: String, expected: Option<Vec<u8>>, new: Vec<u8> },
    Increment { key: String, delta: i64 },
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Done,
    Conflict(Option<Vec<u8>>),
    Sum(i64),
}

/// Writes what comes, as much of it as waits in one transaction, until nobody can send any more.
pub(super) fn write_all(database: &Database, mut queue: mpsc::Receiver<Write>) {
    while let Some(first) = queue.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Ok(next) = queue.try_recv()
        {
            batch.push(next);
        }
        let results = write_batch(database, &batch);
        let answers = match results {
            Ok(answers) => answers,
            Err(error) => vec![Err(error); batch.len()],
        };
        for (write, answer) in batch.into_iter().zip(answers) {
            // A request that was given up does not wait for its answer.
            let _ = write.done.send(answer);
        }
    }
}

type Answers = Vec<Result<Written, StoreError>>;

fn write_batch(database: &Database, batch: &[Write]) -> Result<Answers, StoreError> {
    let transaction = database.begin_write().map_err(failed)?;
    let mut answers = Vec::with_capacity(batch.len());
    {
        let mut table = transaction.open_table(TABLE).map_err(failed)?;
        for write in batch {
            match apply(&mut table, &write.label, &write.change) {
                // What the caller asked cannot be done: it wrote nothing, and the others' writes stand.
                Err(refused @ (StoreError::NotANumber | StoreError::Overflow)) => {
                    answers.push(Err(refused));
                }
                Err(error) => return Err(error),
                Ok(written) => answers.push(Ok(written)),
            }
        }
    }
    transaction.commit().map_err(failed)?;
    Ok(answers)
}

fn apply(
    table: &mut Table<'_, (&'static str, &'static str), &'static [u8]>,
    label: &str,
    change: &Change,
) -> Result<Written, StoreError> {
    match change {
        Change::Set(entries) => {
            for (key, value) in entries {
                table.insert((label, key.as_str()), value.as_slice()).map_err(failed)?;
            }
            Ok(Written::Done)
        }
        Change::Delete(keys) => {
            for key in keys {
                table.remove((label, key.as_str())).map_err(failed)?;
            }
            Ok(Written::Done)
        }
        Change::Swap { key, expected, new } => {
            let found = read(table, label, key)?;
            if found != *expected {
                return Ok(Written::Conflict(found));
            }
            table.insert((label, key.as_str()), new.as_slice()).map_err(failed)?;
            Ok(Written::Done)
        }
        Change::Increment { key, delta } => {
            let sum = sum(read(table, label, key)?.as_deref(), *delta)?;
            table.insert((label, key.as_str()), sum.to_string().as_bytes()).map_err(failed)?;
            Ok(Written::Sum(sum))
        }
    }
}

fn read(
    table: &Table<'_, (&'static str, &'static str), &'static [u8]>,
    label: &str,
    key: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(table.get((label, key)).map_err(failed)?.map(|value| value.value().to_vec()))
}
