use sha2::{Digest, Sha256};

use crate::event::Event;

/// Where the entries of the outbox are.
pub(super) const OUTBOX: &str = "outbox/";

/// Where the dead letters are.
pub(super) const DEAD_LETTERS: &str = "dead-letters/";

/// The longest id that stands in a key as it is.
const LONGEST_ID: usize = 64;

/// The entry of an event that a function has handed over.
pub(super) fn entry(event: &Event) -> String {
    format!("{OUTBOX}{}", name(event))
}

/// The entry of an event that was taken back from a sink's dead letters for the `round`th time.
///
/// It is another one each time: an entry that is being deleted at this moment can then not take a new one with it.
pub(super) fn redelivery(event: &Event, sink: &str, round: u32) -> String {
    format!("{OUTBOX}{}/{sink}/{round}", name(event))
}

/// The dead letter of an event whose delivery to a sink ended in this round.
pub(super) fn dead_letter(event: &Event, sink: &str, round: u32) -> String {
    format!("{DEAD_LETTERS}{}/{sink}/{round}", name(event))
}

/// How the keys of an event's dead letters begin, whatever its source.
pub(super) fn dead_letters_of(id: &str) -> String {
    format!("{DEAD_LETTERS}{}/", plain(id))
}

/// What names an event: its id, readable where it can be, and a hash of its source.
fn name(event: &Event) -> String {
    let source = hex(event.source());
    format!("{}/{}", plain(event.id()), source.get(..32).unwrap_or(&source))
}

/// An id as a key may hold it. A hash has a `~` before it, which no id keeps.
pub(super) fn plain(id: &str) -> String {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if id.len() <= LONGEST_ID && id.bytes().all(allowed) {
        return id.to_owned();
    }
    format!("~{}", hex(id))
}

fn hex(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, source: &str) -> Event {
        Event::new(id, source, "t").unwrap()
    }

    #[test]
    fn a_plain_id_can_be_read_in_the_key_and_any_other_is_hashed() {
        assert_eq!(
            entry(&event("92c502f2-a966-42a7-a428-d3b319844544", "/source")),
            "outbox/92c502f2-a966-42a7-a428-d3b319844544/3e66882c5f92e710235078cc9cba7720"
        );
        for id in ["a/b", "ключ", "a b", &"x".repeat(65), "~x"] {
            let key = dead_letter(&event(id, "/s"), &"s".repeat(64), u32::MAX);
            assert!(key.starts_with("dead-letters/~"), "{key}");
            assert!(key.len() <= 255 && key.bytes().all(|byte| byte.is_ascii_graphic()), "{key}");
            assert!(key.starts_with(&dead_letters_of(id)));
        }
    }

    #[test]
    fn source_and_id_together_make_the_key() {
        assert_ne!(entry(&event("1", "/a")), entry(&event("1", "/b")));
        assert_ne!(entry(&event("1", "/a")), entry(&event("2", "/a")));
        assert!(!dead_letter(&event("12", "/a"), "s", 0).starts_with(&dead_letters_of("1")));
    }
}
