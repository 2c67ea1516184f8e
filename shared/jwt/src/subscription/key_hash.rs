use std::fmt;

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// SHA-256 of a subscription key.
#[derive(Clone, Copy)]
pub(super) struct KeyHash([u8; 32]);

impl KeyHash {
    /// Hashes a key.
    pub(super) fn of(key: &[u8]) -> Self {
        Self(Sha256::digest(key).into())
    }

    /// Reads 64 hexadecimal digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut hash = [0; 32];
        if text.len() != 2 * hash.len() {
            return None;
        }
        for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            for digit in pair {
                let digit = char::from(*digit).to_digit(16)?;
                *byte = *byte << 4 | u8::try_from(digit).ok()?;
            }
        }
        Some(Self(hash))
    }

    /// Whether both are of one key, judged in a time that does not tell how much of them agrees.
    pub(super) fn is(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

/// Shows nothing: a key that can be guessed can be found from its hash.
impl fmt::Debug for KeyHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("KeyHash").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_that_of_its_key_whatever_the_case_of_its_digits() {
        // FIPS 180-2, appendix B.1.
        let digits = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        for text in [digits.to_owned(), digits.to_uppercase()] {
            let hash = KeyHash::parse(&text).unwrap();
            assert!(bool::from(hash.is(&KeyHash::of(b"abc"))), "{text}");
            assert!(!bool::from(hash.is(&KeyHash::of(b"abd"))), "{text}");
        }
    }

    #[test]
    fn anything_but_64_hexadecimal_digits_is_no_hash() {
        let digits = "0123456789abcdef".repeat(4);
        for text in [
            String::new(),
            digits[1..].to_owned(),
            format!("{digits}0"),
            format!("{}g", &digits[1..]),
            format!("{}é", &digits[2..]),
            format!("+{}", &digits[1..]),
        ] {
            assert!(KeyHash::parse(&text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_hash_prints_none_of_its_bytes() {
        let hash = KeyHash::parse(&"7".repeat(64)).unwrap();
        assert_eq!(format!("{hash:?}"), "KeyHash { .. }");
    }
}
