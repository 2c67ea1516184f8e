use sha2::{Digest, Sha256};

use crate::event::Event;

/// The longest id that stands in a key as it is.
const LONGEST_ID: usize = 64;

/// What names an event within a key of the store: its id, readable where it can be, and a hash of its source. 98 characters
/// at most.
///
/// ```
/// let event = headgate_events::Event::new("92c502f2", "/source", "t")?;
/// assert_eq!(headgate_events::key_name(&event), "92c502f2/3e66882c5f92e710235078cc9cba7720");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn key_name(event: &Event) -> String {
    let source = hex(event.source());
    format!("{}/{}", key_id(event.id()), source.get(..32).unwrap_or(&source))
}

/// An event's id as a key or a log may hold it: as it is, or its SHA-256 with a `~` before it, which no id keeps.
#[must_use]
pub fn key_id(id: &str) -> String {
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

    fn name(id: &str, source: &str) -> String {
        key_name(&Event::new(id, source, "t").unwrap())
    }

    #[test]
    fn a_plain_id_can_be_read_and_any_other_is_hashed() {
        assert!(name("92c502f2-a966_4.2", "/s").starts_with("92c502f2-a966_4.2/"));
        for id in ["a/b", "ключ", "a b", &"x".repeat(65), "~x"] {
            let name = name(id, "/s");
            assert!(name.starts_with('~') && name.len() <= 98, "{name}");
            assert!(name.bytes().all(|byte| byte.is_ascii_graphic()), "{name}");
        }
    }

    #[test]
    fn source_and_id_together_make_the_name() {
        assert_ne!(name("1", "/a"), name("1", "/b"));
        assert_ne!(name("1", "/a"), name("2", "/a"));
    }
}
