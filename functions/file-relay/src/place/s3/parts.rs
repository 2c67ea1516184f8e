//! What the service holds of an upload.

use http::{Method, StatusCode};

use super::multipart::{self, HeldPart};
use super::{ANSWER, MOST, S3};
use crate::place::{PlaceError, Upload, call};
use crate::ports::World;

impl<W: World> S3<W> {
    /// All parts that the service holds of an upload, in order.
    pub(super) async fn parts(&self, upload: &Upload) -> Result<Vec<HeldPart>, PlaceError> {
        let key = self.bucket.key(&upload.target.path)?;
        let mut parts = Vec::new();
        let mut marker = None;
        loop {
            let mut members = vec![("max-parts", "1000"), ("uploadId", upload.id.as_str())];
            members.extend(marker.as_deref().map(|marker| ("part-number-marker", marker)));
            let response =
                self.bucket.send(Method::GET, &key, &members, &[], String::new()).await?;
            if response.status() != StatusCode::OK {
                return Err(match self.bucket.error(response).await {
                    PlaceError::NotFound => PlaceError::UploadLost,
                    error => error,
                });
            }
            let answer = call::read(response.into_body(), ANSWER).await?;
            let page = multipart::page(&answer)?;
            let is_last = page.parts.is_empty() || parts.len() as u64 >= MOST;
            parts.extend(page.parts);
            match page.next {
                Some(next) if !is_last && marker.as_ref() != Some(&next) => marker = Some(next),
                _ => return Ok(parts),
            }
        }
    }
}
