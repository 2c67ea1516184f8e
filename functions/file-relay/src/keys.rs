//! The keys of the store.

use headgate_core::Random;
use sha2::{Digest, Sha256};

/// What owns the outbox.
pub(crate) const OWNER: &str = "file-relay";

/// Where the records of relays are.
pub(crate) const RELAYS: &str = "file-relay/relay/";

/// Where the names of relays are that a tick is to look after.
pub(crate) const OPEN: &str = "file-relay/open/";

const ID_BYTES: usize = 16;

pub(crate) fn relay(id: &str) -> String {
    format!("{RELAYS}{id}")
}

pub(crate) fn open(id: &str) -> String {
    format!("{OPEN}{id}")
}

/// A page of the ids of the relays that a relay of many files consists of.
pub(crate) fn page(id: &str, page: u32) -> String {
    format!("file-relay/files/{id}/{page}")
}

/// The id of the relay that a caller's `Idempotency-Key` names: the same on every instance.
pub(crate) fn id_of(idempotency_key: &str) -> String {
    hash(&["idempotency-key", idempotency_key])
}

/// The id of a relay without such a key, and the name of whoever works on one.
pub(crate) fn random_id(random: &impl Random) -> String {
    let mut bytes = [0; ID_BYTES];
    random.fill(&mut bytes);
    hex(&bytes)
}

/// Whether a text has the form of an id.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == 2 * ID_BYTES
        && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Hashes texts, each with its length, to 32 hexadecimal digits.
pub(crate) fn hash(texts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(text);
    }
    hex(hasher.finalize().get(..ID_BYTES).unwrap_or_default())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_a_caller_names_one_relay_and_texts_do_not_run_into_each_other() {
        assert_eq!(id_of("a"), id_of("a"));
        assert!(is_id(&id_of("a")) && !is_id("A") && !is_id(&"g".repeat(32)));
        assert_ne!(hash(&["a", "bc"]), hash(&["ab", "c"]));
    }

    #[test]
    fn every_key_is_one_that_a_store_takes() {
        let id = id_of("ключ");
        for key in [relay(&id), open(&id), page(&id, u32::MAX)] {
            assert!(key.len() <= 255 && key.bytes().all(|byte| byte.is_ascii_graphic()), "{key}");
        }
    }
}
