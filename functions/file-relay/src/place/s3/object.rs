//! What is known of an object that is there.

use http::{HeaderMap, Method, StatusCode};

use super::{CHECKSUM_MODE, CHECKSUM_TYPE, CRC64, MARK, S3, SHA256};
use crate::digest::{Algorithm, Digest};
use crate::file_path::FilePath;
use crate::place::fields::Field;
use crate::place::mark::mark;
use crate::place::{PlaceError, Stat, Target, Written, answer, headers};
use crate::ports::World;

/// An object that is there.
pub(super) struct Found {
    pub(super) stat: Stat,
    /// The mark of the relay that wrote it.
    pub(super) mark: Option<String>,
}

impl From<Found> for Written {
    fn from(found: Found) -> Self {
        let Stat { etag, digests, length, .. } = found.stat;
        Self { etag, digests, length }
    }
}

impl<W: World> S3<W> {
    /// Says that checksums are wanted in the answer.
    pub(super) fn checksum_mode(&self) -> Option<Field<'static>> {
        self.bucket.settings().checksums.then_some((CHECKSUM_MODE, "ENABLED"))
    }

    pub(super) async fn find(&self, path: &FilePath) -> Result<Found, PlaceError> {
        let key = self.bucket.key(path)?;
        let fields = self.checksum_mode();
        let response =
            self.bucket.send(Method::HEAD, &key, &[], fields.as_slice(), String::new()).await?;
        if response.status() != StatusCode::OK {
            return Err(self.bucket.error(response).await);
        }
        let said = response.headers();
        let digests = whole_digests(said);
        let stat = answer::stat(said, headers::length(said), digests);
        Ok(Found { stat, mark: headers::text(said, MARK.as_str()).map(str::to_owned) })
    }

    /// The object, if this relay made it.
    pub(super) async fn made_by(&self, target: &Target) -> Result<Option<Found>, PlaceError> {
        match self.find(&target.path).await {
            Ok(found) if found.mark == Some(mark(&target.relay)) => Ok(Some(found)),
            // Who may write may not always read.
            Ok(_) | Err(PlaceError::NotFound | PlaceError::Denied { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What the service says of an object that was just made, unless somebody has made another one since, or it says nothing: the object
    /// is there, and that it cannot be looked at is no failure any more.
    pub(super) async fn as_found(&self, target: &Target, etag: Option<String>) -> Written {
        match self.made_by(target).await {
            Ok(Some(found)) if etag.is_none() || found.stat.etag == etag => found.into(),
            _ => Written { etag, ..Written::default() },
        }
    }
}

/// Checksums of the whole object. One that was made of those of its parts is none of the content; an ETag is not taken for one
/// either, since it is an MD5 in some cases only.
pub(super) fn whole_digests(said: &HeaderMap) -> Vec<Digest> {
    if headers::text(said, CHECKSUM_TYPE.as_str()) != Some("FULL_OBJECT") {
        return Vec::new();
    }
    [(CRC64, Algorithm::Crc64Nvme), (SHA256, Algorithm::Sha256)]
        .into_iter()
        .filter_map(|(name, algorithm)| {
            Digest::from_base64(algorithm, headers::text(said, name.as_str())?)
        })
        .collect()
}
