//! Whether what is there is what was sent.

use std::future::poll_fn;
use std::pin::Pin;

use headgate_core::Body;
use http_body::Body as _;

use super::{PlaceError, Whole};
use crate::digest::{Algorithm, Hasher};

/// Reads a content to its end, and compares its SHA-256.
pub(crate) async fn is_same(mut body: Body, whole: &Whole) -> Result<bool, PlaceError> {
    let mut hasher = Hasher::new(&[]);
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        if let Ok(bytes) = frame.map_err(PlaceError::Content)?.into_data() {
            hasher.update(&bytes);
        }
    }
    let found = hasher.finish_one(Algorithm::Sha256);
    Ok(found.is_some_and(|found| whole.digests.contains(&found)))
}
