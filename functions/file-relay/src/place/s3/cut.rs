//! How a file is cut into the parts of an upload: pure.

use crate::place::{Cut, PlaceError};

const MEBIBYTE: u64 = 1024 * 1024;
/// The length of a part, where that is enough.
const USUAL: u64 = 8 * MEBIBYTE;
/// The shortest part that S3 takes, but for the last.
const SHORTEST: u64 = 5 * MEBIBYTE;
/// The most parts.
pub(super) const MOST: u64 = 10_000;
/// The longest object.
const LONGEST: u64 = 5 * 1024 * 1024 * MEBIBYTE;

/// Parts for a file of this length; of one whose length is not known, the shortest that there are, since whoever reads it holds a part of
/// it in memory.
pub(super) fn cut(length: Option<u64>) -> Result<Cut, PlaceError> {
    if length.is_some_and(|length| length > LONGEST) {
        let detail = "an object has 5 TiB at most".to_owned();
        return Err(PlaceError::Refused { detail });
    }
    let size = match length {
        None => SHORTEST,
        Some(length) => length.div_ceil(MOST).max(USUAL).next_multiple_of(MEBIBYTE),
    };
    Ok(Cut { size: Some(size), needs_length: true })
}

/// Parts of `most` bytes, or as little more as S3 takes.
pub(super) fn within(length: u64, most: u64) -> Result<Cut, PlaceError> {
    let Cut { size, needs_length } = cut(Some(length))?;
    let least = length.div_ceil(MOST).max(SHORTEST);
    Ok(Cut { size: size.map(|size| size.min(most).max(least)), needs_length })
}
