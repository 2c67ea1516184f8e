use headgate_core::LONGEST_VALUE;

use super::*;

fn opened() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

async fn set(store: &Store, label: &str, key: &str, value: &[u8]) {
    store.set_many(label, vec![(key.to_owned(), value.to_vec())]).await.unwrap();
}

#[tokio::test]
async fn what_was_set_is_read_listed_and_deleted_in_its_own_store_only() {
    let (_folder, store) = opened();
    set(&store, "default", "a", b"1").await;
    set(&store, "default", "b", b"2").await;
    set(&store, "other", "a", b"3").await;
    assert_eq!(store.get("default", "a").await.unwrap().as_deref(), Some(&b"1"[..]));
    assert_eq!(store.get("other", "a").await.unwrap().as_deref(), Some(&b"3"[..]));
    assert_eq!(store.list("default").await.unwrap(), ["a", "b"]);
    store.delete_many("default", vec!["a".to_owned(), "nothing".to_owned()]).await.unwrap();
    assert!(!store.exists("default", "a").await.unwrap());
    assert!(store.exists("other", "a").await.unwrap());
}

#[tokio::test]
async fn state_survives_a_restart() {
    let (folder, store) = opened();
    set(&store, "default", "a", b"1").await;
    store.close();
    assert_eq!(store.get("default", "a").await, Err(StoreError::Closed));
    let again = Store::open(folder.path()).unwrap();
    assert_eq!(again.get("default", "a").await.unwrap().as_deref(), Some(&b"1"[..]));
}

#[test]
fn a_second_host_on_the_same_state_is_refused_with_its_folder() {
    let (folder, _store) = opened();
    let refusal = Store::open(folder.path()).err().expect("the folder is in use").to_string();
    assert!(refusal.contains(&folder.path().display().to_string()), "{refusal}");
    assert!(refusal.contains("in use by another process"), "{refusal}");
}

#[tokio::test]
async fn a_swap_stores_only_over_what_was_expected() {
    let (_folder, store) = opened();
    let swap = |expected: Option<&[u8]>, new: &[u8]| {
        store.swap("default", "a".to_owned(), expected.map(<[u8]>::to_vec), new.to_vec())
    };
    assert_eq!(swap(None, b"1").await.unwrap(), Swapped::Stored);
    assert_eq!(swap(None, b"2").await.unwrap(), Swapped::Conflict(Some(b"1".to_vec())));
    assert_eq!(swap(Some(b"1"), b"2").await.unwrap(), Swapped::Stored);
    assert_eq!(swap(Some(b"1"), b"3").await.unwrap(), Swapped::Conflict(Some(b"2".to_vec())));
    store.delete_many("default", vec!["a".to_owned()]).await.unwrap();
    assert_eq!(swap(Some(b"2"), b"3").await.unwrap(), Swapped::Conflict(None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_racing_swaps_exactly_one_wins_each_round() {
    let (_folder, store) = opened();
    let store = Arc::new(store);
    let adders = (0..8).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for _ in 0..25 {
                loop {
                    let found = store.get("default", "sum").await.unwrap();
                    let sum: u64 = found
                        .as_deref()
                        .map_or(0, |digits| std::str::from_utf8(digits).unwrap().parse().unwrap());
                    let new = (sum + 1).to_string().into_bytes();
                    let swapped = store.swap("default", "sum".to_owned(), found, new).await;
                    if swapped.unwrap() == Swapped::Stored {
                        break;
                    }
                }
            }
        })
    });
    for adder in adders.collect::<Vec<_>>() {
        adder.await.unwrap();
    }
    assert_eq!(store.get("default", "sum").await.unwrap().as_deref(), Some(&b"200"[..]));
}

#[tokio::test]
async fn an_increment_counts_from_zero_and_refuses_what_is_not_a_number() {
    let (_folder, store) = opened();
    assert_eq!(store.increment("default", "n".to_owned(), 5).await, Ok(5));
    assert_eq!(store.increment("default", "n".to_owned(), -7).await, Ok(-2));
    assert_eq!(
        store.increment("default", "n".to_owned(), i64::MIN).await,
        Err(StoreError::Overflow)
    );
    set(&store, "default", "text", b"x").await;
    assert_eq!(store.increment("default", "text".to_owned(), 1).await, Err(StoreError::NotANumber));
    assert_eq!(store.increment("default", "n".to_owned(), 1).await, Ok(-1));
}

#[tokio::test]
async fn keys_and_values_are_bounded() {
    let (_folder, store) = opened();
    let long = "k".repeat(KEY_LIMIT + 1);
    assert_eq!(store.get("default", &long).await, Err(StoreError::KeyTooLong));
    let huge = vec![(String::from("k"), vec![0; LONGEST_VALUE + 1])];
    assert_eq!(
        store.set_many("default", huge).await,
        Err(StoreError::Told(KeyValueError::TooLong { most: LONGEST_VALUE }))
    );
}

#[tokio::test]
async fn a_place_that_is_none_is_refused_with_the_label_and_not_shown() {
    let (_folder, store) = opened();
    let places = BTreeMap::from([("orders".to_owned(), "redis:hunter2".to_owned())]);
    let refusal = store.with_shared(&places).err().expect("the place is none").to_string();
    assert!(refusal.contains("orders") && !refusal.contains("hunter2"), "{refusal}");
}

/// A store elsewhere, for which memory stands in: what it does on a server is asked of the native stores themselves.
fn opened_with_one_elsewhere() -> (tempfile::TempDir, Store) {
    let (folder, mut store) = opened();
    store.shared.insert("default".to_owned(), headgate_native::RedbStore::in_memory().into());
    (folder, store)
}

#[tokio::test]
async fn a_store_elsewhere_is_used_by_its_label_alone() {
    let (_folder, store) = opened_with_one_elsewhere();
    let entries = ["b", "a"].map(|key| (key.to_owned(), key.as_bytes().to_vec()));
    store.set_many("default", entries.to_vec()).await.unwrap();
    set(&store, "other", "c", b"c").await;
    assert_eq!(store.list("default").await.unwrap(), ["a", "b"]);
    assert_eq!(store.list("other").await.unwrap(), ["c"]);
    assert_eq!(store.get("default", "a").await.unwrap().as_deref(), Some(&b"a"[..]));
    assert!(!store.exists("other", "a").await.unwrap());
    store.delete_many("default", vec!["a".to_owned(), "b".to_owned()]).await.unwrap();
    assert_eq!(store.list("default").await.unwrap(), [""; 0]);
    store.close();
    assert_eq!(store.get("default", "a").await, Ok(None));
}

#[tokio::test]
async fn a_swap_elsewhere_that_conflicts_says_what_is_there() {
    let (_folder, store) = opened_with_one_elsewhere();
    let swap = |expected: Option<&[u8]>, new: &[u8]| {
        store.swap("default", "a".to_owned(), expected.map(<[u8]>::to_vec), new.to_vec())
    };
    assert_eq!(swap(Some(b"0"), b"1").await.unwrap(), Swapped::Conflict(None));
    assert_eq!(swap(None, b"1").await.unwrap(), Swapped::Stored);
    assert_eq!(swap(None, b"2").await.unwrap(), Swapped::Conflict(Some(b"1".to_vec())));
    assert_eq!(swap(Some(b"1"), b"2").await.unwrap(), Swapped::Stored);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn increments_elsewhere_that_race_each_other_are_all_counted() {
    let (_folder, store) = opened_with_one_elsewhere();
    let store = Arc::new(store);
    let adders = (0..8).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for _ in 0..25 {
                store.increment("default", "n".to_owned(), 2).await.unwrap();
            }
        })
    });
    for adder in adders.collect::<Vec<_>>() {
        adder.await.unwrap();
    }
    assert_eq!(store.increment("default", "n".to_owned(), -400).await, Ok(0));
    assert_eq!(
        store
            .increment("default", "n".to_owned(), i64::MIN)
            .await
            .and(store.increment("default", "n".to_owned(), -1).await),
        Err(StoreError::Overflow)
    );
    set(&store, "default", "text", b"x").await;
    assert_eq!(store.increment("default", "text".to_owned(), 1).await, Err(StoreError::NotANumber));
}

#[tokio::test]
async fn what_a_store_elsewhere_refuses_is_told_in_its_own_words() {
    let (_folder, store) = opened_with_one_elsewhere();
    let refused = store.get("default", "schl\u{fc}ssel").await.unwrap_err().to_string();
    assert!(refused.contains("printable ASCII"), "{refused}");
}
