use crate::event::Event;
use crate::key_name::{key_id, key_name};

/// Where an outbox has its keys: behind its owner's name, since functions may share a store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys(&'static str);

impl Keys {
    pub(super) const fn of(owner: &'static str) -> Self {
        Self(owner)
    }

    /// How the keys of entries begin.
    pub(super) fn outbox(self) -> String {
        format!("{}/outbox/", self.0)
    }

    /// How the keys of dead letters begin.
    pub(super) fn dead_letters(self) -> String {
        format!("{}/dead-letters/", self.0)
    }

    /// The entry of an event that a function has handed over.
    pub(super) fn entry(self, event: &Event) -> String {
        format!("{}{}", self.outbox(), key_name(event))
    }

    /// The entry of an event that goes to one sink, whatever its filter.
    pub(super) fn entry_for(self, event: &Event, sink: &str) -> String {
        format!("{}/{sink}", self.entry(event))
    }

    /// The entry of an event that was taken back from a sink's dead letters for the `round`th time.
    ///
    /// It is another one each time: an entry that is being deleted at this moment can then not take a new one with it.
    pub(super) fn redelivery(self, event: &Event, sink: &str, round: u32) -> String {
        format!("{}/{sink}/{round}", self.entry(event))
    }

    /// The dead letter of an event whose delivery to a sink ended in this round.
    pub(super) fn dead_letter(self, event: &Event, sink: &str, round: u32) -> String {
        format!("{}{}/{sink}/{round}", self.dead_letters(), key_name(event))
    }

    /// How the keys of an event's dead letters begin, whatever its source.
    pub(super) fn dead_letters_of(self, id: &str) -> String {
        format!("{}{}/", self.dead_letters(), key_id(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: Keys = Keys::of("function");

    fn event(id: &str, source: &str) -> Event {
        Event::new(id, source, "t").unwrap()
    }

    #[test]
    fn a_key_begins_with_its_owner_and_is_one_that_a_store_takes() {
        assert_eq!(
            KEYS.entry(&event("92c502f2-a966-42a7-a428-d3b319844544", "/source")),
            "function/outbox/92c502f2-a966-42a7-a428-d3b319844544/3e66882c5f92e710235078cc9cba7720"
        );
        let longest = Keys::of("a-function-with-a-name-that-is-forty-bytes");
        for id in ["a/b", "ключ", &"x".repeat(65), "~x"] {
            let key = longest.dead_letter(&event(id, "/s"), &"s".repeat(64), u32::MAX);
            assert!(key.len() <= 255 && key.bytes().all(|byte| byte.is_ascii_graphic()), "{key}");
            assert!(key.starts_with(&longest.dead_letters_of(id)));
        }
    }

    #[test]
    fn no_two_entries_have_the_same_key() {
        let event = event("1", "/a");
        let keys = [
            KEYS.entry(&event),
            KEYS.entry_for(&event, "s"),
            KEYS.redelivery(&event, "s", 1),
            KEYS.entry_for(&event, "t"),
        ];
        let once: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(once.len(), keys.len());
        assert!(keys.iter().all(|key| key.starts_with(&KEYS.outbox())));
    }

    #[test]
    fn an_id_that_begins_another_finds_none_of_its_dead_letters() {
        let other = KEYS.dead_letter(&event("12", "/a"), "s", 0);
        assert!(!other.starts_with(&KEYS.dead_letters_of("1")));
    }
}
