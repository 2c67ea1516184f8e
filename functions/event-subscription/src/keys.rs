//! The keys of the store.

use headgate_events::{Event, key_id, key_name};
use sha2::{Digest, Sha256};

/// Where the records of received events are.
pub(crate) const EVENTS: &str = "event-subscription/events/";

/// Where the names of records are that a tick looks at first.
pub(crate) const PENDING: &str = "event-subscription/pending/";

/// Where the records of events are that came back from the dead letters.
pub(crate) const REDELIVERED: &str = "event-subscription/redelivered/";

/// Where the dead letters are.
pub(crate) const DEAD_LETTERS: &str = "event-subscription/dead-letters/";

/// Where the addresses are that complete a handshake.
pub(crate) const VALIDATIONS: &str = "event-subscription/validations/";

/// What owns the outbox.
pub(crate) const SINKS: &str = "event-subscription/sinks";

/// The record of an event.
pub(crate) fn event(event: &Event) -> String {
    format!("{EVENTS}{}", key_name(event))
}

/// The note that the record of this key has something pending; `None` for a record of another kind.
pub(crate) fn pending(record: &str) -> Option<String> {
    record.strip_prefix(EVENTS).map(|name| format!("{PENDING}{name}"))
}

/// The record of which this is the note.
pub(crate) fn of_pending(note: &str) -> Option<String> {
    note.strip_prefix(PENDING).map(|name| format!("{EVENTS}{name}"))
}

/// The record of an event that came back from a rule's dead letters for the `round`th time. It is another one each time,
/// so that whoever deletes it takes nothing else with it.
pub(crate) fn redelivered(event: &Event, rule: &str, round: u32) -> String {
    format!("{REDELIVERED}{}/{rule}/{round}", key_name(event))
}

/// The dead letter of an event that a rule's handler did not take in this round.
pub(crate) fn dead_letter(event: &Event, rule: &str, round: u32) -> String {
    format!("{DEAD_LETTERS}{}/{rule}/{round}", key_name(event))
}

/// How the keys of an event's dead letters begin, whatever its source.
pub(crate) fn dead_letters_of(id: &str) -> String {
    format!("{DEAD_LETTERS}{}/", key_id(id))
}

/// The address that completes a handshake.
pub(crate) fn validation(address: &str) -> String {
    let hash = Sha256::digest(address);
    hash.iter().fold(VALIDATIONS.to_owned(), |key, byte| format!("{key}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_and_id_together_make_the_key() {
        let key = |id: &str, source: &str| event(&Event::new(id, source, "t").unwrap());
        assert_ne!(key("1", "/a"), key("1", "/b"));
        assert_ne!(key("1", "/a"), key("2", "/a"));
        assert_eq!(of_pending(&pending(&key("1", "/a")).unwrap()).unwrap(), key("1", "/a"));
    }

    #[test]
    fn the_longest_key_is_one_that_a_store_takes() {
        let event = Event::new("ключ".repeat(99), "/s".repeat(999), "t").unwrap();
        for key in [
            dead_letter(&event, &"r".repeat(64), u32::MAX),
            redelivered(&event, &"r".repeat(64), u32::MAX),
        ] {
            assert!(key.len() <= 255 && key.bytes().all(|byte| byte.is_ascii_graphic()), "{key}");
        }
        assert!(dead_letter(&event, "r", 0).starts_with(&dead_letters_of(event.id())));
    }
}
