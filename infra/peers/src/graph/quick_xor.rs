/// `quickXorHash`, a byte at a time as Microsoft's description of it goes: each byte is put eleven bits further on in a ring of
/// 160 bits, and the length comes on top of the last eight bytes.
#[derive(Clone, Debug, Default)]
pub struct QuickXor {
    ring: [u8; WIDTH],
    length: u64,
}

const WIDTH: usize = 20;
const SHIFT: u64 = 11;

impl QuickXor {
    /// Takes more content in.
    pub fn update(&mut self, content: &[u8]) {
        for byte in content {
            let bit = usize::try_from(self.length % 160 * SHIFT % 160).unwrap_or_default();
            let spread = u16::from(*byte) << (bit % 8);
            let [low, high] = spread.to_le_bytes();
            self.put(bit / 8, low);
            self.put((bit / 8 + 1) % WIDTH, high);
            self.length += 1;
        }
    }

    /// The hash of what came.
    #[must_use]
    pub fn finish(mut self) -> [u8; WIDTH] {
        for (at, byte) in self.length.to_le_bytes().into_iter().enumerate() {
            self.put(WIDTH - 8 + at, byte);
        }
        self.ring
    }

    /// The hash of a content.
    #[must_use]
    pub fn of(content: &[u8]) -> [u8; WIDTH] {
        let mut hash = Self::default();
        hash.update(content);
        hash.finish()
    }

    fn put(&mut self, at: usize, bits: u8) {
        if let Some(byte) = self.ring.get_mut(at) {
            *byte ^= bits;
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn known_hashes_come_out() {
        // The last by hand: byte 15 begins at bit 165 mod 160 = 5.
        let mut fifteen = vec![0; 15];
        fifteen.push(0xff);
        let mut expected = [0; 20];
        (expected[0], expected[1], expected[12]) = (0xe0, 0x1f, 16);
        for (content, hash) in [
            (vec![], "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            (vec![0x4a], "SgAAAAAAAAAAAAAAAQAAAAAAAAA="),
            (vec![0xb5, 0xb4], "taAFAAAAAAAAAAAAAgAAAAAAAAA="),
            (fifteen, STANDARD.encode(expected).as_str()),
        ] {
            assert_eq!(STANDARD.encode(QuickXor::of(&content)), hash, "{content:?}");
        }
    }

    #[test]
    fn a_byte_at_the_rings_end_goes_on_at_its_beginning() {
        // Byte 43 begins at bit 473 mod 160 = 153, and its upper bit falls on bit 0.
        let mut content = vec![0; 43];
        content.push(0x80);
        let hash = QuickXor::of(&content);
        assert_eq!((hash[19], hash[0]), (0, 1));
    }
}
