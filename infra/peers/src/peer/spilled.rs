use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use crate::issuer::{Guid, SystemRandom};

/// Bytes on the disk, in a file that has no name: it is gone when nobody has this any more.
#[derive(Clone, Debug)]
pub struct Spilled(Arc<File>);

/// How much is read at once, in bytes.
const PIECE: u64 = 256 * 1024;

impl Spilled {
    /// Makes an empty one on the disk that this folder is on.
    pub(crate) fn create(folder: &Path) -> io::Result<Self> {
        let path = folder.join(Guid::random(&SystemRandom).to_string());
        let file = File::options().read(true).write(true).create_new(true).open(&path)?;
        fs::remove_file(path)?;
        Ok(Self(Arc::new(file)))
    }

    /// Puts bytes at a place.
    pub(crate) fn write(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all_at(bytes, at)
    }

    /// The bytes of a range.
    pub(crate) fn read(&self, range: Range<u64>) -> io::Result<Bytes> {
        let length = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; length];
        self.0.read_exact_at(&mut bytes, range.start)?;
        Ok(bytes.into())
    }

    /// The bytes of a range, a piece at a time.
    pub(crate) fn pieces(
        self,
        range: Range<u64>,
    ) -> impl Iterator<Item = io::Result<Bytes>> + Send {
        let mut start = range.start;
        std::iter::from_fn(move || {
            let end = range.end.min(start.saturating_add(PIECE));
            (start < end).then(|| self.read(std::mem::replace(&mut start, end)..end))
        })
    }
}
