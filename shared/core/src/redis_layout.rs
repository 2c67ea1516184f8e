//! How a key-value store lies in a server that others use, too: what a key is called there, and the script that swaps.
//!
//! Every host uses the same layout, so that native processes and components can share one Redis. A key of the port stands
//! under `PREFIX:KEY`, its value as the bytes that it is. The prefix keeps functions apart that share a server; it is the
//! function's name unless the operator chooses another.

use std::fmt;
use std::str::FromStr;

use crate::{KeyValueError, LONGEST_VALUE};

/// The compare-and-swap, which Redis runs as one operation.
///
/// `KEYS[1]` is the stored key; `ARGV[1]` is `1` when a value is expected and `0` when none is; `ARGV[2]` is the expected
/// value (empty when none is) and `ARGV[3]` the new one. It gives 1 when it stored, and 0 when something else was there.
/// Lua compares strings byte by byte, zero bytes included.
pub const COMPARE_AND_SWAP: &str = "\
local found = redis.call('GET', KEYS[1])
if ARGV[1] == '1' then
  if found ~= ARGV[2] then return 0 end
elseif found then
  return 0
end
redis.call('SET', KEYS[1], ARGV[3])
return 1
";

/// The name by which `EVALSHA` knows [`COMPARE_AND_SWAP`]: its SHA-1. A server that has not seen the script answers
/// `NOSCRIPT`; `EVAL` then teaches it.
pub const COMPARE_AND_SWAP_SHA1: &str = "b7ba123b2c529df529bafed527e0319d7dfd6eee";

/// What a `SCAN` may look at in one round trip (`COUNT`).
pub const SCAN_COUNT: usize = 1_000;

/// The arguments of [`COMPARE_AND_SWAP`] after its key.
#[must_use]
pub const fn compare_and_swap_arguments<'a>(
    expected: Option<&'a [u8]>,
    new: &'a [u8],
) -> [&'a [u8]; 3] {
    match expected {
        Some(expected) => [b"1", expected, new],
        None => [b"0", b"", new],
    }
}

/// What stands before a store's keys in a server that several stores share.
///
/// At most 64 letters, digits and `-`, `_`, `.`, `/`. Empty: the keys stand there as they are.
///
/// ```
/// use headgate_core::redis_layout::StorePrefix;
///
/// let prefix: StorePrefix = "circuit-breaker".parse()?;
/// assert_eq!(prefix.stored("state/a").unwrap(), "circuit-breaker:state/a");
/// assert_eq!(prefix.pattern("state/*"), r"circuit-breaker:state/\**");
/// assert_eq!(prefix.own("circuit-breaker:state/a"), Some("state/a"));
/// # Ok::<_, headgate_core::redis_layout::PrefixError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StorePrefix(String);

/// Why a text is no prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a store's prefix must be at most {LONGEST_PREFIX} letters, digits and -, _, . and /")]
pub struct PrefixError;

const LONGEST_PREFIX: usize = 64;

/// The longest key that any store takes, in bytes.
pub const LONGEST_KEY: usize = 255;

impl StorePrefix {
    /// Gives the name under which the port's `key` stands in the server.
    ///
    /// # Errors
    ///
    /// What [`check_key`] refuses.
    pub fn stored(&self, key: &str) -> Result<String, KeyValueError> {
        check_key(key)?;
        Ok(format!("{self}{key}"))
    }

    /// Gives what every stored key begins with whose key in the port begins with `beginning`.
    #[must_use]
    pub fn beginning(&self, beginning: &str) -> String {
        format!("{self}{beginning}")
    }

    /// Gives the pattern for `SCAN … MATCH` that finds the keys that begin with `beginning`, which is taken literally.
    #[must_use]
    pub fn pattern(&self, beginning: &str) -> String {
        let mut pattern = String::new();
        for character in self.beginning(beginning).chars() {
            if matches!(character, '*' | '?' | '[' | ']' | '\\') {
                pattern.push('\\');
            }
            pattern.push(character);
        }
        pattern.push('*');
        pattern
    }

    /// Gives the port's key of a stored one; `None` when it is another store's.
    #[must_use]
    pub fn own<'a>(&self, stored: &'a str) -> Option<&'a str> {
        match self.0.as_str() {
            "" => Some(stored),
            prefix => stored.strip_prefix(prefix)?.strip_prefix(':'),
        }
    }
}

/// The prefix as it stands before a key, with its colon.
impl fmt::Display for StorePrefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_str() {
            "" => Ok(()),
            prefix => write!(formatter, "{prefix}:"),
        }
    }
}

impl FromStr for StorePrefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
        if text.len() <= LONGEST_PREFIX && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PrefixError)
        }
    }
}

/// Divides `ADDRESS?prefix=PREFIX` into the address and the prefix; `None` when it names no prefix. Other parameters stay
/// with the address.
///
/// # Errors
///
/// [`PrefixError`] when what stands there is no prefix.
pub fn address_and_prefix(place: &str) -> Result<(String, Option<StorePrefix>), PrefixError> {
    let (rest, fragment) = place.split_once('#').map_or((place, None), |(a, b)| (a, Some(b)));
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut address = address.to_owned();
    let mut prefix = None;
    let mut divider = '?';
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        if let Some(text) = parameter.strip_prefix("prefix=") {
            prefix = Some(text.parse()?);
            continue;
        }
        address.push(divider);
        address.push_str(parameter);
        divider = '&';
    }
    if let Some(fragment) = fragment {
        address.push('#');
        address.push_str(fragment);
    }
    Ok((address, prefix))
}

/// Checks that a key is within the port's limits.
///
/// # Errors
///
/// [`KeyValueError::NoAccess`] unless the key is 1 to 255 bytes of printable ASCII.
pub fn check_key(key: &str) -> Result<(), KeyValueError> {
    let printable = key.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if key.is_empty() || key.len() > LONGEST_KEY || !printable {
        let reason = format!("a key must be 1 to {LONGEST_KEY} bytes of printable ASCII");
        return Err(KeyValueError::NoAccess(reason));
    }
    Ok(())
}

/// Checks that a value is within the port's limit.
///
/// # Errors
///
/// [`KeyValueError::TooLong`] when the value is longer than 1 MiB.
pub fn check_value(value: &[u8]) -> Result<(), KeyValueError> {
    if value.len() > LONGEST_VALUE {
        return Err(KeyValueError::TooLong { most: LONGEST_VALUE });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> StorePrefix {
        text.parse().unwrap()
    }

    #[test]
    fn a_stored_key_is_told_apart_from_those_of_a_longer_prefix() {
        assert_eq!(prefix("a").own("a:k"), Some("k"));
        assert_eq!(prefix("a").own("a:b:k"), Some("b:k"));
        assert_eq!(prefix("a").own("ab:k"), None);
        assert_eq!(prefix("a").own("a"), None);
        assert_eq!(prefix("").own("a:k"), Some("a:k"));
    }

    #[test]
    fn what_is_special_in_a_pattern_is_taken_literally() {
        assert_eq!(prefix("p").pattern(r"a*b?c[d]e\f^g-h"), r"p:a\*b\?c\[d\]e\\f^g-h*");
        assert_eq!(prefix("").pattern(""), "*");
    }

    #[test]
    fn a_prefix_cannot_hold_the_divider() {
        for refused in ["a:b", "a b", "ä", "a*", &"p".repeat(65)] {
            assert_eq!(refused.parse::<StorePrefix>(), Err(PrefixError), "{refused}");
        }
        assert!("p".repeat(64).parse::<StorePrefix>().is_ok());
    }

    #[test]
    fn the_prefix_is_taken_out_of_the_address() {
        for (place, address, expected) in [
            ("redis://h/0", "redis://h/0", None),
            ("redis://h/0?prefix=a", "redis://h/0", Some("a")),
            ("redis://h?prefix=", "redis://h", Some("")),
            ("redis://h?x=1&prefix=a&y=2", "redis://h?x=1&y=2", Some("a")),
            ("rediss://h?prefix=a#part", "rediss://h#part", Some("a")),
        ] {
            let expected = expected.map(prefix);
            assert_eq!(address_and_prefix(place), Ok((address.to_owned(), expected)), "{place}");
        }
        assert_eq!(address_and_prefix("redis://h?prefix=a:b"), Err(PrefixError));
    }

    #[test]
    fn a_key_beyond_the_limits_has_no_stored_name() {
        for key in ["", "k\n", "schlüssel", &"k".repeat(256)] {
            assert!(matches!(prefix("p").stored(key), Err(KeyValueError::NoAccess(_))), "{key}");
        }
        assert_eq!(prefix("p").stored("k k").unwrap(), "p:k k");
    }

    #[test]
    fn an_expected_empty_value_is_not_the_same_as_none() {
        assert_eq!(compare_and_swap_arguments(None, b"n"), [&b"0"[..], b"", b"n"]);
        assert_eq!(compare_and_swap_arguments(Some(b""), b"n"), [&b"1"[..], b"", b"n"]);
    }
}
