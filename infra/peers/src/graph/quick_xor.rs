/// `quickXorHash`, as Microsoft's description of it goes: each byte is put eleven bits further on in a ring of 160 bits, and the
/// length comes on top of the last eight bytes. Bytes that are 160 apart fall on the same bits: they are put there together.
#[derive(Clone, Debug)]
pub struct QuickXor {
    /// The bytes whose places are the same in 160, on top of each other.
    together: [u8; PERIOD],
    length: u64,
}

const WIDTH: usize = 20;
const SHIFT: usize = 11;
const PERIOD: usize = 160;

impl Default for QuickXor {
    fn default() -> Self {
        Self { together: [0; PERIOD], length: 0 }
    }
}

impl QuickXor {
    /// Takes more content in.
    pub fn update(&mut self, content: &[u8]) {
        let at = usize::try_from(self.length % PERIOD as u64).unwrap_or_default();
        let (begin, rest) = content.split_at(content.len().min(PERIOD - at));
        put(self.together.iter_mut().skip(at), begin);
        for period in rest.chunks(PERIOD) {
            put(self.together.iter_mut(), period);
        }
        self.length += content.len() as u64;
    }

    /// The hash of what came.
    #[must_use]
    pub fn finish(self) -> [u8; WIDTH] {
        let mut ring = [0; WIDTH];
        for (place, byte) in self.together.iter().enumerate() {
            let bit = place * SHIFT % (8 * WIDTH);
            let [low, high] = (u16::from(*byte) << (bit % 8)).to_le_bytes();
            put(ring.iter_mut().skip(bit / 8), &[low]);
            put(ring.iter_mut().skip((bit / 8 + 1) % WIDTH), &[high]);
        }
        put(ring.iter_mut().skip(WIDTH - 8), &self.length.to_le_bytes());
        ring
    }

    /// The hash of a content.
    #[must_use]
    pub fn of(content: &[u8]) -> [u8; WIDTH] {
        let mut hash = Self::default();
        hash.update(content);
        hash.finish()
    }
}

fn put<'r>(ring: impl Iterator<Item = &'r mut u8>, bytes: &[u8]) {
    for (there, byte) in ring.zip(bytes) {
        *there ^= byte;
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
    fn however_a_content_is_cut_each_byte_is_put_eleven_bits_after_the_one_before() {
        let content: Vec<u8> = (0..1_000_u32).map(|at| (at * 7 % 251) as u8).collect();
        let mut expected = [0; WIDTH];
        for (place, byte) in content.iter().enumerate() {
            for bit in (0..8).filter(|bit| byte >> bit & 1 == 1) {
                let bit = (place * SHIFT + bit) % (8 * WIDTH);
                expected[bit / 8] ^= 1 << (bit % 8);
            }
        }
        put(expected.iter_mut().skip(WIDTH - 8), &1_000_u64.to_le_bytes());
        for size in [1, 7, 159, 160, 161, 1_000] {
            let mut hash = QuickXor::default();
            content.chunks(size).for_each(|piece| hash.update(piece));
            assert_eq!(hash.finish(), expected, "{size}");
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
