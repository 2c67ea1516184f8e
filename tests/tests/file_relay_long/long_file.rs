use std::ops::Range;

use aws_lc_rs::cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::iv::FixedLength;
use bytes::Bytes;
use headgate_tests::relay::digest;

/// A file of random bytes that nobody holds: AES-128 in counter mode says the bytes at any place of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LongFile {
    pub(crate) name: &'static str,
    pub(crate) length: u64,
}

/// How much is made at once: whole blocks of the cipher, and whole groups of base64.
pub(crate) const PIECE: u64 = 768 * 1024;

const BLOCK: u64 = 16;

impl LongFile {
    /// The bytes of a range, which has to be in it.
    pub(crate) fn bytes(&self, range: Range<u64>) -> Bytes {
        let key = UnboundCipherKey::new(&AES_128, b"of no importance").unwrap();
        let key = EncryptingKey::ctr(key).unwrap();
        let (block, over) = (range.start / BLOCK, range.start % BLOCK);
        let mut bytes = vec![0; usize::try_from(over + range.end - range.start).unwrap()];
        let counter = FixedLength::from(u128::from(block).to_be_bytes());
        key.less_safe_encrypt(&mut bytes, EncryptionContext::Iv128(counter)).unwrap();
        Bytes::from(bytes).slice(usize::try_from(over).unwrap()..)
    }

    /// The bytes of a range in pieces.
    pub(crate) fn pieces(self, range: Range<u64>) -> impl Iterator<Item = Bytes> + Send {
        let starts = (range.start..range.end).step_by(usize::try_from(PIECE).unwrap());
        starts.map(move |start| self.bytes(start..range.end.min(start + PIECE)))
    }

    pub(crate) fn sha256(self) -> String {
        let mut sha256 = Context::new(&SHA256);
        self.pieces(0..self.length).for_each(|piece| sha256.update(&piece));
        digest::finish(sha256)
    }
}

#[test]
fn the_bytes_at_a_place_are_the_same_however_they_are_asked_for() {
    let file = LongFile { name: "any", length: 3 * PIECE + 5 };
    let whole = file.bytes(0..file.length);
    assert!(file.pieces(0..file.length).collect::<Vec<_>>().concat() == whole);
    for (start, end) in [(0, 1), (15, 17), (16, 16), (PIECE - 1, 2 * PIECE + 1)] {
        let range = usize::try_from(start).unwrap()..usize::try_from(end).unwrap();
        assert!(file.bytes(start..end) == whole.slice(range), "{start}");
    }
}
