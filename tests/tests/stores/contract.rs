use std::sync::Arc;

use headgate_core::{KeyValue, KeyValueError, Swap};
use tokio::sync::Barrier;

/// Asks everything that has the same answer in every store. The store is empty at first.
pub(crate) async fn holds(store: &impl KeyValue) {
    what_is_set_is_read_and_deleted(store).await;
    values_are_bytes(store).await;
    a_list_takes_its_prefix_literally(store).await;
    a_swap_stores_only_over_what_was_expected(store).await;
}

async fn what_is_set_is_read_and_deleted(store: &impl KeyValue) {
    assert_eq!(store.get("a").await.unwrap(), None);
    store.set("a", b"1").await.unwrap();
    assert_eq!(store.get("a").await.unwrap().unwrap(), b"1");
    store.set("a", b"2").await.unwrap();
    assert_eq!(store.get("a").await.unwrap().unwrap(), b"2");
    store.delete("a").await.unwrap();
    assert_eq!(store.get("a").await.unwrap(), None);
    store.delete("a").await.unwrap();
}

async fn values_are_bytes(store: &impl KeyValue) {
    let every_byte: Vec<u8> = (0..=255).chain([0, 0, b'\r', b'\n', 0]).collect();
    for value in [&every_byte[..], b"", b"\0", &[0; 100_000]] {
        store.set("bytes", value).await.unwrap();
        assert_eq!(store.get("bytes").await.unwrap().unwrap(), value);
        // The same length, and different behind a zero byte.
        let mut other = value.to_vec();
        if let Some(last) = other.last_mut() {
            *last ^= 1;
            let swap = store.compare_and_swap("bytes", Some(&other), b"new").await.unwrap();
            assert_eq!(swap, Swap::Conflict);
        }
        let swap = store.compare_and_swap("bytes", Some(value), &other).await.unwrap();
        assert_eq!(swap, Swap::Stored);
        assert_eq!(store.get("bytes").await.unwrap().unwrap(), other);
    }
    store.delete("bytes").await.unwrap();
}

async fn a_list_takes_its_prefix_literally(store: &impl KeyValue) {
    let keys = ["a*b/1", "a*b/2", "axb/1", "a?b/1", "a[b]/1", r"a\b/1", "a:b c~!'\"{}/1"];
    for key in keys {
        store.set(key, b"").await.unwrap();
    }
    for (prefix, expected) in [
        ("a*b/", &["a*b/1", "a*b/2"][..]),
        ("a?", &["a?b/1"]),
        ("a[b", &["a[b]/1"]),
        (r"a\", &[r"a\b/1"]),
        ("a:b c~!'\"{}/", &["a:b c~!'\"{}/1"]),
        ("b", &[]),
        ("", &keys),
    ] {
        let mut found = store.list(prefix).await.unwrap();
        found.sort();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected, "{prefix:?}");
    }
    for key in keys {
        store.delete(key).await.unwrap();
    }
    assert_eq!(store.list("").await.unwrap(), [""; 0]);
}

async fn a_swap_stores_only_over_what_was_expected(store: &impl KeyValue) {
    let swap = async |expected: Option<&[u8]>, new: &[u8]| {
        store.compare_and_swap("k", expected, new).await.unwrap()
    };
    assert_eq!(swap(Some(b"a"), b"b").await, Swap::Conflict);
    assert_eq!(swap(Some(b""), b"b").await, Swap::Conflict);
    assert_eq!(store.get("k").await.unwrap(), None);
    assert_eq!(swap(None, b"a").await, Swap::Stored);
    assert_eq!(swap(None, b"b").await, Swap::Conflict);
    assert_eq!(swap(Some(b""), b"b").await, Swap::Conflict);
    assert_eq!(swap(Some(b"ab"), b"b").await, Swap::Conflict);
    assert_eq!(store.get("k").await.unwrap().unwrap(), b"a");
    assert_eq!(swap(Some(b"a"), b"").await, Swap::Stored);
    assert_eq!(swap(None, b"b").await, Swap::Conflict);
    assert_eq!(swap(Some(b""), b"b").await, Swap::Stored);
    store.delete("k").await.unwrap();
    assert_eq!(swap(Some(b"b"), b"c").await, Swap::Conflict);
    assert_eq!(swap(None, b"c").await, Swap::Stored);
    store.delete("k").await.unwrap();
}

/// `longest_value` is what the store takes at a key of 255 bytes, and not one byte more.
pub(crate) async fn beyond_the_limits_is_refused(store: &impl KeyValue, longest_value: usize) {
    let longest_key = "k".repeat(255);
    for key in ["", "k\n", "schlüssel", &"k".repeat(256)] {
        for refused in [
            store.get(key).await.map(|_| ()),
            store.set(key, b"").await,
            store.delete(key).await,
            store.compare_and_swap(key, None, b"").await.map(|_| ()),
        ] {
            assert!(matches!(refused, Err(KeyValueError::NoAccess(_))), "{key:?}: {refused:?}");
        }
    }
    assert_eq!(store.longest_value(), longest_value);
    let value = vec![0; longest_value + 1];
    for refused in [
        store.set(&longest_key, &value).await,
        store.compare_and_swap(&longest_key, None, &value).await.map(|_| ()),
    ] {
        assert_eq!(refused, Err(KeyValueError::TooLong { most: longest_value }));
    }
    assert_eq!(store.get(&longest_key).await.unwrap(), None);
}

/// Eight tasks count together, each time what they have read plus one, until the count is `total`.
pub(crate) async fn racing_increments_are_all_counted<K>(store: &K, total: u64)
where
    K: KeyValue + Clone + 'static,
{
    const TASKS: u64 = 8;
    let mut counters = tokio::task::JoinSet::new();
    let start = Arc::new(Barrier::new(8));
    for _ in 0..TASKS {
        let (store, start) = (store.clone(), Arc::clone(&start));
        counters.spawn(async move {
            start.wait().await;
            let mut conflicts = 0;
            for _ in 0..total / TASKS {
                while !increment(&store).await {
                    conflicts += 1;
                }
            }
            conflicts
        });
    }
    let mut conflicts = 0;
    while let Some(counted) = counters.join_next().await {
        conflicts += counted.unwrap();
    }
    assert_eq!(store.get("count").await.unwrap().unwrap(), total.to_be_bytes());
    assert!(conflicts > 0, "nobody raced");
}

async fn increment(store: &impl KeyValue) -> bool {
    let found = store.get("count").await.unwrap();
    let count = found.as_deref().map_or(0, |bytes| u64::from_be_bytes(bytes.try_into().unwrap()));
    let next = (count + 1).to_be_bytes();
    // The others read the same count, also where a store answers without waiting.
    tokio::task::yield_now().await;
    store.compare_and_swap("count", found.as_deref(), &next).await.unwrap() == Swap::Stored
}
