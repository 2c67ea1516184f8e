use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use headgate_core::{KeyValue, KeyValueError, LONGEST_VALUE, Swap};

use crate::unpoisoned::lock;

/// A key-value store in memory. Clones share the store, as several instances of a function do.
///
/// A key or a value beyond the port's limits fails the test, since a real store would refuse it.
#[derive(Clone, Debug, Default)]
pub struct MemoryKeyValue(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    values: BTreeMap<String, Vec<u8>>,
    calls: usize,
    failure: Option<KeyValueError>,
    longest_value: Limit,
}

/// What the store takes, and whether it says so before it is asked.
#[derive(Clone, Copy, Debug)]
struct Limit {
    most: usize,
    is_known: bool,
}

impl Default for Limit {
    fn default() -> Self {
        Self { most: LONGEST_VALUE, is_known: true }
    }
}

const KEY_LIMIT: usize = 255;

impl MemoryKeyValue {
    /// Makes an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets every call fail with `error`, until [`recover`](Self::recover).
    pub fn fail_with(&self, error: KeyValueError) {
        lock(&self.0).failure = Some(error);
    }

    /// Ends what [`fail_with`](Self::fail_with) began; what was stored before is there.
    pub fn recover(&self) {
        lock(&self.0).failure = None;
    }

    /// Lets the store take values of at most `most` bytes, which it says beforehand if that `is_known`.
    pub fn takes_at_most(&self, most: usize, is_known: bool) {
        lock(&self.0).longest_value = Limit { most, is_known };
    }

    /// How many calls have come, the failed ones included.
    #[must_use]
    pub fn calls(&self) -> usize {
        lock(&self.0).calls
    }

    fn put<T>(
        &self,
        value: &[u8],
        act: impl FnOnce(&mut BTreeMap<String, Vec<u8>>) -> T,
    ) -> Result<T, KeyValueError> {
        assert_value(value);
        let most = lock(&self.0).longest_value.most;
        match value.len() <= most {
            true => self.call(act),
            false => self.call(|_| ()).and(Err(KeyValueError::TooLong { most })),
        }
    }

    fn call<T>(
        &self,
        act: impl FnOnce(&mut BTreeMap<String, Vec<u8>>) -> T,
    ) -> Result<T, KeyValueError> {
        let mut state = lock(&self.0);
        state.calls += 1;
        match &state.failure {
            Some(error) => Err(error.clone()),
            None => Ok(act(&mut state.values)),
        }
    }
}

fn assert_key(key: &str) {
    assert!(
        key.len() <= KEY_LIMIT && key.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
        "a key is up to {KEY_LIMIT} bytes of printable ASCII, which {key:?} is not"
    );
}

fn assert_value(value: &[u8]) {
    assert!(
        value.len() <= LONGEST_VALUE,
        "a value is up to {LONGEST_VALUE} bytes, not {}",
        value.len()
    );
}

impl KeyValue for MemoryKeyValue {
    fn longest_value(&self) -> usize {
        let Limit { most, is_known } = lock(&self.0).longest_value;
        if is_known { most } else { LONGEST_VALUE }
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KeyValueError> {
        assert_key(key);
        self.call(|values| values.get(key).cloned())
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), KeyValueError> {
        assert_key(key);
        self.put(value, |values| values.insert(key.to_owned(), value.to_vec())).map(drop)
    }

    async fn delete(&self, key: &str) -> Result<(), KeyValueError> {
        assert_key(key);
        self.call(|values| values.remove(key)).map(drop)
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, KeyValueError> {
        assert_key(prefix);
        self.call(|values| values.keys().filter(|key| key.starts_with(prefix)).cloned().collect())
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        new: &[u8],
    ) -> Result<Swap, KeyValueError> {
        assert_key(key);
        self.put(new, |values| {
            if values.get(key).map(Vec::as_slice) != expected {
                return Swap::Conflict;
            }
            values.insert(key.to_owned(), new.to_vec());
            Swap::Stored
        })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn now<T>(call: impl Future<Output = T>) -> T {
        call.now_or_never().expect("memory answers at once")
    }

    #[test]
    fn a_clone_sees_what_was_stored() {
        let store = MemoryKeyValue::new();
        now(store.set("keys/a", b"1")).unwrap();
        now(store.set("other", b"2")).unwrap();
        let clone = store.clone();
        assert_eq!(now(clone.get("keys/a")).unwrap(), Some(b"1".to_vec()));
        assert_eq!(now(clone.list("keys/")).unwrap(), ["keys/a"]);
        now(clone.delete("keys/a")).unwrap();
        now(clone.delete("keys/a")).unwrap();
        assert_eq!(now(store.get("keys/a")).unwrap(), None);
    }

    #[test]
    fn a_swap_stores_only_over_what_is_expected() {
        let store = MemoryKeyValue::new();
        let swap = |expected, new| now(store.compare_and_swap("key", expected, new)).unwrap();
        assert_eq!(swap(Some(b"0".as_slice()), b"1"), Swap::Conflict);
        assert_eq!(swap(None, b"1"), Swap::Stored);
        assert_eq!(swap(None, b"2"), Swap::Conflict);
        assert_eq!(swap(Some(b"1".as_slice()), b"2"), Swap::Stored);
        assert_eq!(now(store.get("key")).unwrap(), Some(b"2".to_vec()));
    }

    #[test]
    fn a_store_that_is_down_fails_every_call_and_keeps_its_values() {
        let store = MemoryKeyValue::new();
        now(store.set("key", b"1")).unwrap();
        let down = KeyValueError::Unavailable("down".to_owned());
        store.fail_with(down.clone());
        assert_eq!(now(store.get("key")), Err(down.clone()));
        assert_eq!(now(store.set("key", b"2")), Err(down));
        store.recover();
        assert_eq!(now(store.get("key")).unwrap(), Some(b"1".to_vec()));
        assert_eq!(store.calls(), 4);
    }

    #[test]
    fn a_value_that_the_store_does_not_take_is_refused_and_what_was_there_stays() {
        let store = MemoryKeyValue::new();
        assert_eq!(store.longest_value(), LONGEST_VALUE);
        now(store.set("key", b"123")).unwrap();
        store.takes_at_most(2, true);
        let too_long = KeyValueError::TooLong { most: 2 };
        assert_eq!(now(store.set("key", b"456")), Err(too_long.clone()));
        assert_eq!(now(store.compare_and_swap("key", Some(b"123"), b"456")), Err(too_long));
        assert_eq!(now(store.get("key")).unwrap(), Some(b"123".to_vec()));
        assert_eq!(store.longest_value(), 2);
        store.takes_at_most(2, false);
        assert_eq!(store.longest_value(), LONGEST_VALUE);
    }

    #[test]
    #[should_panic(expected = "printable ASCII")]
    fn a_key_beyond_the_ports_limits_fails_the_test() {
        let _value = now(MemoryKeyValue::new().get("ключ"));
    }
}
