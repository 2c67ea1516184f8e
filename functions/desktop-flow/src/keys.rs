//! The keys of the store.

use headgate_core::Random;
use sha2::{Digest, Sha256};

/// What owns the outbox.
pub(crate) const OWNER: &str = "desktop-flow";

/// Where the records of runs are.
pub(crate) const RUNS: &str = "desktop-flow/runs/";

/// Where the names of runs are that have not come to their end.
pub(crate) const OPEN: &str = "desktop-flow/open/";

/// Where the inputs of runs are that have not started.
pub(crate) const INPUTS: &str = "desktop-flow/inputs/";

/// Until when Dataverse wants to be left alone.
pub(crate) const THROTTLED: &str = "desktop-flow/throttled";

/// Where the records of connections are.
pub(crate) const CONNECTIONS: &str = "desktop-flow/connections/";

const ID_BYTES: usize = 16;

pub(crate) fn run(id: &str) -> String {
    format!("{RUNS}{id}")
}

pub(crate) fn open(id: &str) -> String {
    format!("{OPEN}{id}")
}

/// A piece of the inputs of this fingerprint. Who sends another request by the same key does not overwrite it.
pub(crate) fn inputs(id: &str, fingerprint: &str, piece: usize) -> String {
    format!("{}{fingerprint}/{piece}", all_inputs(id))
}

/// How the keys of all inputs of a run begin.
pub(crate) fn all_inputs(id: &str) -> String {
    format!("{INPUTS}{id}/")
}

pub(crate) fn connection(id: &str) -> String {
    format!("{CONNECTIONS}{id}")
}

/// The pace of a connection, whose name may be anything.
pub(crate) fn pace(connection: &str) -> String {
    format!("desktop-flow/pace/{}", hash(&["connection", connection]))
}

/// The id of the run that a caller's `Idempotency-Key` names: the same on every instance.
pub(crate) fn id_of(idempotency_key: &str) -> String {
    hash(&["idempotency-key", idempotency_key])
}

/// The id of a run without such a key.
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
    fn a_key_of_a_caller_names_one_run_and_texts_do_not_run_into_each_other() {
        assert_eq!(id_of("a"), id_of("a"));
        assert!(is_id(&id_of("a")) && !is_id("A") && !is_id(&"g".repeat(32)));
        assert_ne!(hash(&["a", "bc"]), hash(&["ab", "c"]));
    }

    #[test]
    fn every_key_is_one_that_a_store_takes() {
        let id = id_of("ключ");
        for key in [run(&id), inputs(&id, &hash(&["x"]), 99), pace("имя соединения"), open(&id)]
        {
            assert!(key.len() <= 255 && key.bytes().all(|byte| byte.is_ascii_graphic()), "{key}");
        }
    }
}
