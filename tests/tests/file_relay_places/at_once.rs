//! How a content goes to a place in one go.

use bytes::Bytes;
use headgate_file_relay::digest::Hasher;
use headgate_file_relay::place::{
    Conflict, Part, PlaceError, Storage, Target, Upload, Whole, Written,
};

use crate::content::streamed;
use crate::scenes::path;

/// Where a content goes in one go, its length known or not, and its type unknown.
pub(crate) fn target_at_once(
    relay: &str,
    file: &str,
    length: Option<u64>,
    conflict: Conflict,
) -> Target {
    let (relay, path, content_type) = (relay.to_owned(), path(file), None);
    Target { relay, path, length, content_type, conflict }
}

/// What a relay knows of a content that went in one go.
pub(crate) fn whole_at_once(content: &Bytes) -> Whole {
    let mut hasher = Hasher::new(&[]);
    hasher.update(content);
    let parts = u32::from(!content.is_empty());
    Whole { length: content.len() as u64, parts, digests: hasher.finish() }
}

/// Begins and writes all of it in one go, and says its length before or does not.
pub(crate) async fn write_at_once(
    place: &impl Storage,
    relay: &str,
    file: &str,
    content: &Bytes,
    conflict: Conflict,
    is_known: bool,
) -> Result<Upload, PlaceError> {
    let length = is_known.then_some(content.len() as u64);
    let mut upload = place.begin(&target_at_once(relay, file, length, conflict)).await?;
    if !content.is_empty() {
        let part = Part { index: 0, offset: 0, length, last: true };
        place.write(&mut upload, part, streamed(content)).await?;
    }
    Ok(upload)
}

/// Carries a content in one go to a place that takes no parts.
pub(crate) async fn carry_at_once(
    place: &impl Storage,
    file: &str,
    content: &Bytes,
    conflict: Conflict,
) -> Result<Written, PlaceError> {
    let upload = write_at_once(place, file, file, content, conflict, true).await?;
    place.commit(&upload, &whole_at_once(content)).await
}
