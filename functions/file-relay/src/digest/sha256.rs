//! SHA-256; where a host computes it, its whole blocks are the host's work (decision 0022).

use sha2::Sha256;

/// Takes the next bytes.
#[cfg(not(headgate_host_sha256))]
pub(crate) fn update(hasher: &mut Sha256, bytes: &[u8]) {
    sha2::Digest::update(hasher, bytes);
}

/// Takes the next bytes.
#[cfg(headgate_host_sha256)]
pub(crate) fn update(hasher: &mut Sha256, bytes: &[u8]) {
    blocks::update(hasher, bytes, headgate_spin::sha256_compress);
}

#[cfg(any(headgate_host_sha256, test))]
mod blocks {
    use sha2::Sha256;
    use sha2::digest::array::Array;
    use sha2::digest::block_api::{Block, CoreProxy, UpdateCore};
    use sha2::digest::common::hazmat::SerializableState;

    type Core = <Sha256 as CoreProxy>::Core;

    /// Gives the state after more blocks (FIPS 180-4 §6.2.2).
    type Compress = fn([u32; 8], &[u8]) -> [u32; 8];

    /// A host takes so many blocks at a time: a mebibyte.
    const MOST: usize = 16 * 1024;

    /// Takes the next bytes, of whose whole blocks `compress` makes the state.
    pub(super) fn update(hasher: &mut Sha256, bytes: &[u8], compress: Compress) {
        let (mut core, mut buffer) = std::mem::take(hasher).decompose();
        buffer.digest_blocks(bytes, |blocks| {
            for blocks in blocks.chunks(MOST) {
                match advanced(&core, blocks, compress) {
                    Some(advanced) => core = advanced,
                    None => core.update_blocks(blocks),
                }
            }
        });
        *hasher = Sha256::compose(core, buffer);
    }

    /// `sha2` gives out the eight words of a state and then the count of its blocks, the least significant byte of each first.
    fn advanced(core: &Core, blocks: &[Block<Core>], compress: Compress) -> Option<Core> {
        let mut kept = core.serialize();
        let (state, count) = kept.as_chunks_mut::<4>().0.split_first_chunk_mut::<8>()?;
        let words = compress(state.map(u32::from_le_bytes), Array::slice_as_flattened(blocks));
        *state = words.map(u32::to_le_bytes);
        let count = count.as_flattened_mut().first_chunk_mut::<8>()?;
        *count = (u64::from_le_bytes(*count) + blocks.len() as u64).to_le_bytes();
        Core::deserialize(&kept).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::Digest as _;
    use sha2::block_api::compress256;
    use sha2::digest::common::hazmat::SerializableState;

    use super::*;

    /// As a host computes it: it has no part in how messages end.
    fn compress(mut state: [u32; 8], blocks: &[u8]) -> [u32; 8] {
        let (blocks, rest) = blocks.as_chunks();
        assert!(rest.is_empty() && !blocks.is_empty() && blocks.len() <= 16 * 1024);
        compress256(&mut state, blocks);
        state
    }

    fn by_blocks(pieces: &[&[u8]]) -> Sha256 {
        let mut hasher = Sha256::new();
        pieces.iter().for_each(|piece| blocks::update(&mut hasher, piece, compress));
        hasher
    }

    #[test]
    fn nists_examples_hold() {
        // FIPS 180-4's examples of one block and of two, and a million times "a".
        let two = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".as_slice();
        let million = vec![b'a'; 1_000_000];
        let more = vec![0; 3 * 1024 * 1024 + 1];
        for (message, digest) in [
            (b"abc".as_slice(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (two, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
            (&million, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
        ] {
            let hex = |bytes: &[u8]| super::super::hex::encode(bytes);
            assert_eq!(hex(&by_blocks(&[message]).finalize()), digest);
        }
        assert_eq!(by_blocks(&[&more]).finalize(), Sha256::digest(&more));
    }

    proptest! {
        #[test]
        fn it_goes_on_from_a_state_of_sha2_and_sha2_from_its_own(
            content in proptest::collection::vec(any::<u8>(), 0..1000),
            cut in any::<prop::sample::Index>(),
        ) {
            let (first, second) = content.split_at(cut.index(content.len() + 1));
            let mut whole = Sha256::new_with_prefix(first);
            prop_assert_eq!(by_blocks(&[first]).serialize(), whole.serialize());
            blocks::update(&mut whole, second, compress);
            prop_assert_eq!(whole.serialize(), by_blocks(&[first, second]).serialize());
            prop_assert_eq!(whole.finalize(), Sha256::digest(&content));
        }
    }
}
