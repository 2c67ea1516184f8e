//! Buckets of S3, and of what speaks its protocol (contracts, Power Platform §5.4).
//!
//! A file is a multipart upload, also a small one: nobody sees the object before one request makes it of its parts, and S3 compares the
//! CRC-64/NVME of the whole in the same request. The empty file alone is put there at once, since an upload has a part.
//!
//! Requests are signed with the time of the system, because the signer takes no other. Their content is not signed.

mod access;
mod bucket;
mod cut;
mod finish;
mod listing;
mod multipart;
mod object;
mod parts;
mod role;
mod settings;

use std::fmt;
use std::sync::Arc;

use headgate_core::Body;
use http::header::{CONTENT_TYPE, IF_MATCH, RANGE};
use http::{HeaderName, Method, StatusCode};

use super::answer::{opened, range_header};
use super::call;
use super::fields::Field;
use super::mark::mark;
use super::{
    Conflict, Cut, Listing, Opened, Part, PlaceError, Range, Stat, Storage, Target, Upload, Whole,
    Written, headers, xml,
};
use crate::digest::{Algorithm, Digest};
use crate::file_path::FilePath;
use crate::ports::{Reach, World};
use bucket::Bucket;
use cut::MOST;
use multipart::without_gap;
use object::whole_digests;

pub use access::{AwsKeys, AwsKeysError, Finding, FoundKeys, S3Access, S3Keys};
pub use settings::{BucketName, S3Settings};

/// The most that the answer to a request for one object has.
const ANSWER: usize = 1024 * 1024;
/// What content is when nobody said more. A type is always said: without one, a server may take it for a form.
const BYTES: &str = "application/octet-stream";

/// The object's metadata that says which relay wrote it.
const MARK: HeaderName = HeaderName::from_static("x-amz-meta-headgate-relay");
const CHECKSUM_MODE: HeaderName = HeaderName::from_static("x-amz-checksum-mode");
const CHECKSUM_TYPE: HeaderName = HeaderName::from_static("x-amz-checksum-type");
const CHECKSUM_ALGORITHM: HeaderName = HeaderName::from_static("x-amz-checksum-algorithm");
const CRC64: HeaderName = HeaderName::from_static("x-amz-checksum-crc64nvme");
const SHA256: HeaderName = HeaderName::from_static("x-amz-checksum-sha256");
const OBJECT_SIZE: HeaderName = HeaderName::from_static("x-amz-mp-object-size");

/// A bucket of S3.
pub struct S3<W: World> {
    bucket: Bucket<W>,
}

/// Shows no key.
impl<W: World> fmt::Debug for S3<W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("S3").field(self.bucket.settings()).finish()
    }
}

impl<W: World> S3<W> {
    /// Makes the place.
    pub fn new(settings: S3Settings, reach: Arc<Reach<W>>) -> Self {
        Self { bucket: Bucket::new(settings, reach) }
    }

    /// The headers that say what an object is, for the request that begins it.
    fn described<'a>(&self, target: &'a Target, mark: &'a str) -> Vec<Field<'a>> {
        let content_type = target.content_type.as_deref().unwrap_or(BYTES);
        vec![(CONTENT_TYPE, content_type), (MARK, mark)]
    }
}

impl<W: World> Storage for S3<W> {
    async fn stat(&self, path: &FilePath) -> Result<Stat, PlaceError> {
        match self.find(path).await {
            Ok(found) => Ok(found.stat),
            // An answer to `HEAD` does not say what there is none of.
            Err(PlaceError::NotFound) => {
                let root = FilePath::default();
                let response =
                    self.bucket.send(Method::HEAD, &root, &[], &[], String::new()).await?;
                if response.status() == StatusCode::NOT_FOUND {
                    let detail = "404: there is no such bucket".to_owned();
                    return Err(PlaceError::Refused { detail });
                }
                Err(PlaceError::NotFound)
            }
            Err(error) => Err(error),
        }
    }

    async fn open(
        &self,
        path: &FilePath,
        range: Range,
        validator: Option<&str>,
    ) -> Result<Opened, PlaceError> {
        let key = self.bucket.key(path)?;
        let value = range_header(range);
        let mut fields: Vec<Field<'_>> = self.checksum_mode().into_iter().collect();
        if let Some(value) = value.as_ref().and_then(|value| value.to_str().ok()) {
            fields.push((RANGE, value));
        }
        if let Some(validator) = validator.filter(|validator| validator.starts_with('"')) {
            fields.push((IF_MATCH, validator));
        }
        let response = self.bucket.send(Method::GET, &key, &[], &fields, String::new()).await?;
        match response.status() {
            StatusCode::OK => {
                let digests = whole_digests(response.headers());
                opened(response, range, validator, digests)
            }
            StatusCode::PARTIAL_CONTENT => opened(response, range, validator, Vec::new()),
            StatusCode::PRECONDITION_FAILED => Err(PlaceError::Changed),
            // The length is in the body, not in a header.
            StatusCode::RANGE_NOT_SATISFIABLE => {
                let found = self.find(path).await?;
                match found.stat.length {
                    Some(length) if length == range.from => {
                        Ok(Opened { stat: found.stat, from: length, body: Body::empty() })
                    }
                    _ => Err(PlaceError::Changed),
                }
            }
            _ => Err(self.bucket.error(response).await),
        }
    }

    async fn list(&self, prefix: &FilePath, after: Option<&str>) -> Result<Listing, PlaceError> {
        let folder = self.bucket.key(prefix)?;
        let below = if folder.is_root() { String::new() } else { format!("{folder}/") };
        let mut members = vec![("encoding-type", "url"), ("list-type", "2"), ("max-keys", "1000")];
        members.extend((!below.is_empty()).then_some(("prefix", below.as_str())));
        members.extend(after.map(|after| ("continuation-token", after)));
        let root = FilePath::default();
        let response = self.bucket.send(Method::GET, &root, &members, &[], String::new()).await?;
        if response.status() != StatusCode::OK {
            return Err(self.bucket.error(response).await);
        }
        let answer = call::read(response.into_body(), xml::LONGEST).await?;
        listing::read(&answer, &self.bucket.settings().root)
    }

    fn cut(&self, length: Option<u64>) -> Result<Cut, PlaceError> {
        cut::cut(length)
    }

    fn cut_within(&self, length: u64, most: u64) -> Result<Cut, PlaceError> {
        cut::within(length, most)
    }

    /// Looks whether the name is taken, so that nobody sends a file for nothing.
    async fn begin(&self, target: &Target) -> Result<Upload, PlaceError> {
        if target.conflict == Conflict::Fail {
            match self.find(&target.path).await {
                Ok(_) => return Err(PlaceError::Exists),
                // Who may write may not always read.
                Err(PlaceError::NotFound | PlaceError::Denied { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        if target.length == Some(0) {
            return Ok(Upload { target: target.clone(), id: String::new() });
        }
        let key = self.bucket.key(&target.path)?;
        let mark = mark(&target.relay);
        let mut fields = self.described(target, &mark);
        if self.bucket.settings().checksums {
            fields.extend([(CHECKSUM_ALGORITHM, "CRC64NVME"), (CHECKSUM_TYPE, "FULL_OBJECT")]);
        }
        let members = [("uploads", "")];
        let response =
            self.bucket.send(Method::POST, &key, &members, &fields, String::new()).await?;
        if response.status() != StatusCode::OK {
            return Err(self.bucket.error(response).await);
        }
        let answer = call::read(response.into_body(), ANSWER).await?;
        Ok(Upload { target: target.clone(), id: multipart::upload_id(&answer)? })
    }

    /// An upload has its type from its beginning.
    async fn retype(
        &self,
        upload: &mut Upload,
        content_type: &str,
    ) -> Result<Option<Upload>, PlaceError> {
        let mut target = upload.target.clone();
        target.content_type = Some(content_type.to_owned());
        let other = self.begin(&target).await?;
        Ok(Some(std::mem::replace(upload, other)))
    }

    async fn write(
        &self,
        upload: &mut Upload,
        part: Part,
        content: Body,
    ) -> Result<Vec<Digest>, PlaceError> {
        if u64::from(part.index) >= MOST {
            let detail = "the file is longer than 10,000 parts".to_owned();
            return Err(PlaceError::Refused { detail });
        }
        let length = part.length.ok_or(PlaceError::Unsupported("take a part of unknown length"))?;
        let key = self.bucket.key(&upload.target.path)?;
        let number = (u64::from(part.index) + 1).to_string();
        let members = [("partNumber", number.as_str()), ("uploadId", upload.id.as_str())];
        let fields = [(CONTENT_TYPE, BYTES)];
        let response = self.bucket.upload(&key, &members, &fields, length, content).await?;
        if response.status() != StatusCode::OK {
            return Err(match self.bucket.error(response).await {
                PlaceError::NotFound => PlaceError::UploadLost,
                error => error,
            });
        }
        let crc64 = headers::text(response.headers(), CRC64.as_str());
        let crc64 = crc64.and_then(|crc64| Digest::from_base64(Algorithm::Crc64Nvme, crc64));
        Ok(crc64.filter(|_| self.bucket.settings().checksums).into_iter().collect())
    }

    async fn held(&self, upload: &Upload) -> Result<u64, PlaceError> {
        if upload.id.is_empty() {
            return Ok(0);
        }
        match self.parts(upload).await {
            Ok(parts) => Ok(without_gap(&parts)),
            Err(PlaceError::UploadLost) => {
                let found = self.made_by(&upload.target).await?;
                found.and_then(|found| found.stat.length).ok_or(PlaceError::UploadLost)
            }
            Err(error) => Err(error),
        }
    }

    async fn commit(&self, upload: &Upload, whole: &Whole) -> Result<Written, PlaceError> {
        match whole.parts {
            0 => self.put_empty(upload).await,
            _ => self.complete(upload, whole).await,
        }
    }

    async fn abort(&self, upload: &Upload) -> Result<(), PlaceError> {
        if upload.id.is_empty() {
            return Ok(());
        }
        let key = self.bucket.key(&upload.target.path)?;
        let members = [("uploadId", upload.id.as_str())];
        let response = self.bucket.send(Method::DELETE, &key, &members, &[], String::new()).await?;
        if response.status().is_success() {
            return Ok(());
        }
        match self.bucket.error(response).await {
            PlaceError::NotFound | PlaceError::UploadLost => Ok(()),
            error => Err(error),
        }
    }

    fn algorithms(&self) -> &'static [Algorithm] {
        self.part_algorithms()
    }

    fn part_algorithms(&self) -> &'static [Algorithm] {
        if self.bucket.settings().checksums { &[Algorithm::Crc64Nvme] } else { &[] }
    }

    /// Looks first whether it is still the same: not every service heeds `If-Match` here. Somebody who writes it in between loses.
    async fn delete(&self, path: &FilePath, etag: Option<&str>) -> Result<(), PlaceError> {
        if let Some(etag) = etag {
            match self.find(path).await {
                Ok(found) if found.stat.etag.as_deref() == Some(etag) => {}
                Ok(_) => return Err(PlaceError::Changed),
                Err(PlaceError::NotFound) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        let key = self.bucket.key(path)?;
        let response = self.bucket.send(Method::DELETE, &key, &[], &[], String::new()).await?;
        if response.status().is_success() {
            return Ok(());
        }
        match self.bucket.error(response).await {
            PlaceError::NotFound => Ok(()),
            error => Err(error),
        }
    }
}
