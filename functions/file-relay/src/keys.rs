//! The keys of the store.

/// What owns the outbox.
pub(crate) const OWNER: &str = "file-relay";

/// Where the records of relays are.
pub(crate) const RELAYS: &str = "file-relay/relay/";

/// Where the names of relays are that a tick is to look after.
pub(crate) const OPEN: &str = "file-relay/open/";

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

#[cfg(test)]
mod tests {
    use headgate_core::ids;

    use super::*;

    #[test]
    fn every_key_is_one_that_a_store_takes() {
        let id = ids::of_idempotency_key("ключ");
        for key in [relay(&id), open(&id), page(&id, u32::MAX)] {
            assert!(key.len() <= 255 && key.bytes().all(|byte| byte.is_ascii_graphic()), "{key}");
        }
    }
}
