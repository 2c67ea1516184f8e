//! The requests that make an object.

use headgate_core::Body;
use http::header::{CONTENT_TYPE, IF_NONE_MATCH};
use http::{Method, Response, StatusCode};

use super::multipart::{self, Completed, without_gap};
use super::{ANSWER, CHECKSUM_TYPE, CRC64, OBJECT_SIZE, S3};
use crate::digest::{Algorithm, Digest};
use crate::place::call::{self, Failure};
use crate::place::fields::Field;
use crate::place::mark::mark;
use crate::place::{Conflict, PlaceError, Storage, Target, Upload, Whole, Written, headers};
use crate::ports::World;

impl<W: World> S3<W> {
    /// Puts the empty file there. An upload that was begun for it is given up.
    pub(super) async fn put_empty(&self, upload: &Upload) -> Result<Written, PlaceError> {
        let target = &upload.target;
        let key = self.bucket.key(&target.path)?;
        let mark = mark(&target.relay);
        let mut fields = self.described(target, &mark);
        if target.conflict == Conflict::Fail {
            fields.push((IF_NONE_MATCH, "*"));
        }
        let response = self.bucket.send(Method::PUT, &key, &[], &fields, String::new()).await?;
        let written = if response.status() == StatusCode::OK {
            self.as_found(target, headers::etag(response.headers())).await
        } else {
            self.refused(target, self.bucket.failure(response).await).await?
        };
        // The object is there. An upload that stays is empty, and its user may not be allowed to give it up.
        let _ = self.abort(upload).await;
        Ok(written)
    }

    /// Makes the object of its parts.
    pub(super) async fn complete(
        &self,
        upload: &Upload,
        whole: &Whole,
    ) -> Result<Written, PlaceError> {
        let target = &upload.target;
        let parts = match self.parts(upload).await {
            Ok(parts) => parts,
            Err(PlaceError::UploadLost) => {
                let found = self.made_by(target).await?;
                return found.map(Written::from).ok_or(PlaceError::UploadLost);
            }
            Err(error) => return Err(error),
        };
        if parts.len() as u64 != u64::from(whole.parts) || without_gap(&parts) != whole.length {
            return Err(PlaceError::UploadLost);
        }
        let size = whole.length.to_string();
        let is_crc = |digest: &&Digest| digest.algorithm == Algorithm::Crc64Nvme;
        let crc64 = whole.digests.iter().find(is_crc).map(Digest::base64);
        let mut fields: Vec<Field<'_>> = vec![(CONTENT_TYPE, "application/xml")];
        if self.bucket.settings().checksums {
            fields.push((OBJECT_SIZE, &size));
            let crc64 = crc64.as_deref().into_iter();
            fields.extend(crc64.flat_map(|crc64| [(CHECKSUM_TYPE, "FULL_OBJECT"), (CRC64, crc64)]));
        }
        if target.conflict == Conflict::Fail {
            fields.push((IF_NONE_MATCH, "*"));
        }
        let key = self.bucket.key(&target.path)?;
        let members = [("uploadId", upload.id.as_str())];
        let content = multipart::complete(&parts);
        let response = self.bucket.send(Method::POST, &key, &members, &fields, content).await?;
        if response.status() != StatusCode::OK {
            return self.refused(target, self.bucket.failure(response).await).await;
        }
        let (head, body) = response.into_parts();
        let answer = call::read(body, ANSWER).await?;
        match multipart::completed(&answer)? {
            Completed::Error { code } => {
                let response = Response::from_parts(head, Body::empty());
                self.refused(target, self.bucket.late(&response, &code)).await
            }
            Completed::Object { etag, crc64 } => {
                let mut written = self.as_found(target, etag).await;
                let crc64 = crc64.and_then(|text| Digest::from_base64(Algorithm::Crc64Nvme, &text));
                if self.bucket.settings().checksums && written.digests.is_empty() {
                    written.digests.extend(crc64);
                }
                Ok(written)
            }
        }
    }

    /// What a refused request to make an object means, unless an earlier attempt made it and was answered by nobody.
    async fn refused(&self, target: &Target, failure: Failure) -> Result<Written, PlaceError> {
        let is_taken =
            matches!(failure.status, StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED)
                || failure.is("PreconditionFailed")
                || failure.is("ConditionalRequestConflict");
        let error = self.bucket.meaning(failure);
        if !is_taken && !matches!(error, PlaceError::UploadLost) {
            return Err(error);
        }
        match self.made_by(target).await? {
            Some(found) => Ok(found.into()),
            None if is_taken && target.conflict == Conflict::Fail => Err(PlaceError::Exists),
            None => Err(error),
        }
    }
}
