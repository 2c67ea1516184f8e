//! The key-value store in its file: its limits, its atomicity, and what a process's end does to it.

#[cfg(test)]
mod common;

use common::{Process, Wire};
use headgate_core::{KeyValue, KeyValueError, LONGEST_VALUE, Swap};
use headgate_native::RedbStore;

#[tokio::test]
async fn what_is_set_is_read_listed_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    for store in [RedbStore::in_memory(), RedbStore::in_folder(folder.path().join("a/b"))] {
        assert_eq!(store.get("a/1").await.unwrap(), None);
        for key in ["a/1", "a/2", "b/1"] {
            store.set(key, key.as_bytes()).await.unwrap();
        }
        assert_eq!(store.get("a/1").await.unwrap().unwrap(), b"a/1");
        assert_eq!(store.list("a/").await.unwrap(), ["a/1", "a/2"]);
        assert_eq!(store.list("").await.unwrap().len(), 3);
        store.delete("a/1").await.unwrap();
        store.delete("a/1").await.unwrap();
        assert_eq!(store.list("a/").await.unwrap(), ["a/2"]);
    }
}

#[tokio::test]
async fn keys_and_values_beyond_the_limits_are_refused() {
    let store = RedbStore::in_memory();
    let longest = "k".repeat(255);
    store.set(&longest, &vec![0; 1024 * 1024]).await.unwrap();
    assert_eq!(store.get(&longest).await.unwrap().unwrap().len(), 1024 * 1024);
    for key in ["", "k\n", "schlüssel", &"k".repeat(256)] {
        assert!(matches!(store.get(key).await, Err(KeyValueError::NoAccess(_))), "{key:?}");
        assert!(matches!(store.set(key, b"").await, Err(KeyValueError::NoAccess(_))));
        assert!(matches!(store.delete(key).await, Err(KeyValueError::NoAccess(_))));
        let swap = store.compare_and_swap(key, None, b"").await;
        assert!(matches!(swap, Err(KeyValueError::NoAccess(_))));
    }
    let too_long = vec![0; 1024 * 1024 + 1];
    let refused = KeyValueError::TooLong { most: LONGEST_VALUE };
    assert_eq!(store.set("k", &too_long).await, Err(refused.clone()));
    assert_eq!(store.compare_and_swap("k", None, &too_long).await, Err(refused));
}

#[tokio::test]
async fn a_swap_stores_only_over_what_was_expected() {
    let store = RedbStore::in_memory();
    assert_eq!(store.compare_and_swap("k", Some(b"a"), b"b").await.unwrap(), Swap::Conflict);
    assert_eq!(store.compare_and_swap("k", None, b"a").await.unwrap(), Swap::Stored);
    assert_eq!(store.compare_and_swap("k", None, b"b").await.unwrap(), Swap::Conflict);
    assert_eq!(store.compare_and_swap("k", Some(b""), b"b").await.unwrap(), Swap::Conflict);
    assert_eq!(store.get("k").await.unwrap().unwrap(), b"a");
    assert_eq!(store.compare_and_swap("k", Some(b"a"), b"").await.unwrap(), Swap::Stored);
    assert_eq!(store.compare_and_swap("k", None, b"b").await.unwrap(), Swap::Conflict);
    assert_eq!(store.compare_and_swap("k", Some(b""), b"b").await.unwrap(), Swap::Stored);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn increments_that_race_each_other_are_all_counted() {
    let store = RedbStore::in_memory();
    let mut counters = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        counters.spawn(async move {
            for _ in 0..50 {
                loop {
                    let found = store.get("count").await.unwrap();
                    let count = found
                        .as_deref()
                        .map_or(0, |bytes| u64::from_be_bytes(bytes.try_into().unwrap()));
                    let next = (count + 1).to_be_bytes();
                    let swap = store.compare_and_swap("count", found.as_deref(), &next);
                    if swap.await.unwrap() == Swap::Stored {
                        break;
                    }
                }
            }
        });
    }
    while let Some(counter) = counters.join_next().await {
        counter.unwrap();
    }
    assert_eq!(store.get("count").await.unwrap().unwrap(), 400_u64.to_be_bytes());
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let store = RedbStore::in_folder(file.join("state"));
    let Err(KeyValueError::Unavailable(reason)) = store.get("k").await else {
        panic!("the store was opened");
    };
    assert!(reason.contains("file/state"), "{reason}");
}

#[test]
fn what_was_reported_as_written_survives_a_process_that_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let state = [("PORT", "0"), ("HEADGATE_STATE_DIR", folder.path().to_str().unwrap())];
    let mut expected = 0;
    for _ in 0..3 {
        let mut process = Process::start("workbench", &state);
        let address = process.ready();
        let mut wire = Wire::to(address);
        for _ in 0..20 {
            expected += 1;
            assert_eq!(wire.ask("POST", "/count/c", "").text(), expected.to_string());
        }
        // Others are being written at the moment of the kill; they may or may not be there afterwards.
        let mut more: Vec<Wire> = (0..4).map(|_| Wire::to(address)).collect();
        for wire in &mut more {
            wire.write("POST /count/other HTTP/1.1\r\nHost: test\r\n\r\n");
        }
        process.kill();
    }
    let process = Process::start("workbench", &state);
    let mut wire = Wire::to(process.ready());
    assert_eq!(wire.ask("GET", "/value/c", "").text(), expected.to_string());
}

#[test]
fn a_file_that_another_process_uses_is_refused_in_plain_words_until_it_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let state = [("PORT", "0"), ("HEADGATE_STATE_DIR", folder.path().to_str().unwrap())];
    let mut first = Process::start("workbench", &state);
    assert_eq!(Wire::to(first.ready()).ask("POST", "/count/c", "").text(), "1");
    let second = Process::start("workbench", &state);
    let mut wire = Wire::to(second.ready());
    let refused = wire.ask("POST", "/count/c", "");
    assert_eq!(refused.status, 503);
    let text = refused.text();
    assert!(text.contains("in use by another process"), "{text}");
    assert!(text.contains("HEADGATE_STATE_DIR"), "{text}");
    first.kill();
    assert_eq!(wire.ask("POST", "/count/c", "").text(), "2");
}
