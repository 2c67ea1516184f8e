//! Contents, and the parts that they go in.

use std::ops::Range;

use headgate_file_relay::place::Part;

/// Bytes of every value, in no order that repeats within a part.
pub(crate) fn bytes(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    (0..length).map(|_| next()).collect()
}

/// A part of a content, and where it is in it: all but the last have `size` bytes.
pub(crate) fn part(content: &[u8], size: usize, index: usize) -> (Part, Range<usize>) {
    let (start, end) = (index * size, content.len().min((index + 1) * size));
    let part = Part {
        index: u32::try_from(index).unwrap(),
        offset: start as u64,
        length: Some((end - start) as u64),
        last: end == content.len(),
    };
    (part, start..end)
}
