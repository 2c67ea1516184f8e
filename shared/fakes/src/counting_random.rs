use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use headgate_core::Random;

/// Bytes that are predictable and never the same twice: the first call is filled from the number 1, the next from 2.
///
/// Each call repeats its number, big-endian in eight bytes, to the end of the buffer.
#[derive(Clone, Debug, Default)]
pub struct CountingRandom(Arc<AtomicU64>);

impl CountingRandom {
    /// Makes a source that begins at 1.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Random for CountingRandom {
    fn fill(&self, bytes: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        for chunk in bytes.chunks_mut(8) {
            for (byte, digit) in chunk.iter_mut().zip(number.to_be_bytes()) {
                *byte = digit;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_is_filled_from_the_next_number() {
        let random = CountingRandom::new();
        let (mut first, mut second) = ([0; 10], [0; 8]);
        random.fill(&mut first);
        random.clone().fill(&mut second);
        assert_eq!(first, [0, 0, 0, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(second, [0, 0, 0, 0, 0, 0, 0, 2]);
    }
}
