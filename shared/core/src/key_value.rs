use std::future::Future;

/// The longest value that any store takes, in bytes: 1 MiB.
pub const LONGEST_VALUE: usize = 1024 * 1024;

/// State that several instances of a function share.
///
/// An implementor
/// - makes each operation atomic on its key, and [`compare_and_swap`](KeyValue::compare_and_swap) atomic against all
///   the others, also from another instance, process or machine that uses the same store,
/// - shows a write to every later read from the same instance at once, and
/// - puts a deadline on every call: a store that is down gives an error, it does not hang.
///
/// Keys are up to 255 bytes of printable ASCII; values up to 1 MiB, or less where [`longest_value`](KeyValue::longest_value)
/// says so.
pub trait KeyValue: Send + Sync {
    /// The longest value that the store takes at the longest key, in bytes, as far as that is known before it is asked.
    fn longest_value(&self) -> usize {
        LONGEST_VALUE
    }

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
    /// The store never takes the value, however often it is asked.
    #[error("{TOO_LONG}{most}{TOO_LONG_END}")]
    TooLong {
        /// How many bytes it takes at this key.
        most: usize,
    },
}

const TOO_LONG: &str = "the key-value store takes at most ";
const TOO_LONG_END: &str =
    " bytes as a value at this key: shorten what is to be stored, or choose another store";

impl KeyValueError {
    /// Reads what a host says of its store in words: [`TooLong`](Self::TooLong) where they are this error's own, and
    /// [`Unavailable`](Self::Unavailable) where they are any others.
    #[must_use]
    pub fn of_host(words: String) -> Self {
        let most = words.strip_prefix(TOO_LONG).and_then(|words| words.strip_suffix(TOO_LONG_END));
        match most.and_then(|most| most.parse().ok()) {
            Some(most) => Self::TooLong { most },
            None => Self::Unavailable(words),
        }
    }

    /// Whether the store never takes the value, however often it is asked.
    #[must_use]
    pub const fn is_too_long(&self) -> bool {
        match self {
            Self::TooLong { .. } => true,
            Self::NoAccess(_) | Self::Unavailable(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_understood_behind_a_host() {
        let too_long = KeyValueError::TooLong { most: 409_000 };
        assert_eq!(KeyValueError::of_host(too_long.to_string()), too_long);
        assert!(too_long.is_too_long());
        for other in ["", "down", TOO_LONG, "the key-value store takes at most five bytes"] {
            let unavailable = KeyValueError::Unavailable(other.to_owned());
            assert_eq!(KeyValueError::of_host(other.to_owned()), unavailable);
            assert!(!unavailable.is_too_long());
        }
    }
}
