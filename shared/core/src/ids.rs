//! Ids of records: 32 hexadecimal digits, random or a hash of what they stand for.

use sha2::{Digest, Sha256};

use crate::Random;

const BYTES: usize = 16;

/// Makes an id that nobody can guess.
#[must_use]
pub fn random(random: &impl Random) -> String {
    let mut bytes = [0; BYTES];
    random.fill(&mut bytes);
    hex(&bytes)
}

/// Makes the id that a caller's `Idempotency-Key` names: the same on every instance.
#[must_use]
pub fn of_idempotency_key(key: &str) -> String {
    hash(&["idempotency-key", key])
}

/// Hashes texts, each with its length, so that they do not run into each other: the first half of their SHA-256.
#[must_use]
pub fn hash(texts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(text);
    }
    hex(hasher.finalize().get(..BYTES).unwrap_or_default())
}

/// Whether a text has the form of an id.
#[must_use]
pub fn is_id(text: &str) -> bool {
    text.len() == 2 * BYTES
        && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_a_caller_names_one_id_and_texts_do_not_run_into_each_other() {
        assert_eq!(of_idempotency_key("a"), of_idempotency_key("a"));
        assert!(is_id(&of_idempotency_key("a")) && !is_id("A") && !is_id(&"g".repeat(32)));
        assert_ne!(hash(&["a", "bc"]), hash(&["ab", "c"]));
    }
}
