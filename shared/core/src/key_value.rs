use std::future::Future;

/// State that several instances of a function share.
///
/// An implementor
/// - makes each operation atomic on its key, and [`compare_and_swap`](KeyValue::compare_and_swap) atomic against all
///   the others, also from another instance, process or machine that uses the same store,
/// - shows a write to every later read from the same instance at once, and
/// - puts a deadline on every call: a store that is down gives an error, it does not hang.
///
/// Keys are up to 255 bytes of printable ASCII; values up to 1 MiB.
pub trait KeyValue: Send + Sync {
    /// Gives the value at `key`, if there is one.
    ///
    /// # Errors
    ///
    /// [`KeyValueError`] when the store cannot answer.
    fn get(&self, key: &str)
    -> impl Future<Output = Result<Option<Vec<u8>>, KeyValueError>> + Send;

    /// Puts `value` at `key`, whatever was there.
    ///
    /// # Errors
    ///
    /// [`KeyValueError`] when the store cannot answer; the value may or may not have been written.
    fn set(
        &self,
        key: &str,
        value: &[u8],
    ) -> impl Future<Output = Result<(), KeyValueError>> + Send;

    /// Removes what is at `key`; removing nothing is no error.
    ///
    /// # Errors
    ///
    /// [`KeyValueError`] when the store cannot answer.
    fn delete(&self, key: &str) -> impl Future<Output = Result<(), KeyValueError>> + Send;

    /// Lists the keys that begin with `prefix`, in no order.
    ///
    /// # Errors
    ///
    /// [`KeyValueError`] when the store cannot answer.
    fn list(&self, prefix: &str)
    -> impl Future<Output = Result<Vec<String>, KeyValueError>> + Send;

    /// Puts `new` at `key` if what is there is `expected` (`None`: nothing is there).
    ///
    /// # Errors
    ///
    /// [`KeyValueError`] when the store cannot answer; the value may or may not have been written.
    fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        new: &[u8],
    ) -> impl Future<Output = Result<Swap, KeyValueError>> + Send;
}

/// What a compare-and-swap did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Swap {
    /// The new value is in place.
    Stored,
    /// Something else was there, and still is.
    Conflict,
}

/// Why the store did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyValueError {
    /// The function has no such store, or may not use it.
    #[error("no access to the key-value store: {0}")]
    NoAccess(String),
    /// The store is down, slow, or failed.
    #[error("the key-value store is unavailable: {0}")]
    Unavailable(String),
}
