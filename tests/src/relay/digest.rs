//! SHA-256 of what is not held in memory, in hexadecimal digits.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};

/// How much is read at once.
const PIECE: usize = 1024 * 1024;

/// That of bytes.
#[must_use]
pub fn of(bytes: &[u8]) -> String {
    let mut digest = Context::new(&SHA256);
    digest.update(bytes);
    finish(digest)
}

/// That of a file on the disk.
///
/// # Errors
///
/// Why it cannot be read.
pub fn of_file(path: &Path) -> io::Result<String> {
    let (mut file, mut piece) = (File::open(path)?, vec![0; PIECE]);
    let mut digest = Context::new(&SHA256);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(finish(digest)),
            length => digest.update(&piece[..length]),
        }
    }
}

/// That of a stream.
///
/// # Errors
///
/// What the stream fails with.
pub async fn of_stream<E>(stream: impl Stream<Item = Result<Bytes, E>>) -> Result<String, E> {
    let begin = Context::new(&SHA256);
    let add = async |mut digest: Context, piece: Bytes| {
        digest.update(&piece);
        Ok(digest)
    };
    stream.try_fold(begin, add).await.map(finish)
}

/// The digits of a digest that has all.
#[must_use]
pub fn finish(digest: Context) -> String {
    digest.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
