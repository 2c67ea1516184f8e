use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// What was decoded and not taken yet. What comes as it is is passed without a copy; what comes in short pieces is gathered.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    passed: VecDeque<Bytes>,
    gathering: BytesMut,
    length: usize,
}

impl Pieces {
    /// How many bytes there are.
    pub(super) const fn length(&self) -> usize {
        self.length
    }

    /// Takes bytes as they are.
    pub(super) fn pass(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.length += bytes.len();
            self.gathered();
            self.passed.push_back(bytes);
        }
    }

    /// Takes a copy of bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.length += bytes.len();
        self.gathering.extend_from_slice(bytes);
    }

    /// Gives the next bytes.
    pub(super) fn next(&mut self) -> Option<Bytes> {
        if self.passed.is_empty() {
            self.gathered();
        }
        let bytes = self.passed.pop_front()?;
        self.length = self.length.saturating_sub(bytes.len());
        Some(bytes)
    }

    fn gathered(&mut self) {
        if !self.gathering.is_empty() {
            self.passed.push_back(std::mem::take(&mut self.gathering).freeze());
        }
    }
}
