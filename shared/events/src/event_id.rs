use std::fmt::Write;

use headgate_core::Random;

/// Makes an event's id: a random UUID (version 4, RFC 9562 §5.4) in lower case.
#[must_use]
pub fn event_id(random: &impl Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
    *version = *version & 0x0f | 0x40;
    *variant = *variant & 0x3f | 0x80;
    let mut id = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            id.push('-');
        }
        // Writing to a string cannot fail.
        let _written = write!(id, "{byte:02x}");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Filled(u8);

    impl Random for Filled {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn an_id_is_a_uuid_of_version_four() {
        assert_eq!(event_id(&Filled(0xff)), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(event_id(&Filled(0)), "00000000-0000-4000-8000-000000000000");
    }
}
