//! Containers of Azure Blob Storage (contracts, Power Platform §5.3): a file is a block blob.
//!
//! Parts are blocks that nobody sees, until one request makes a blob of them. Blocks that no blob was made of cannot be taken away; the service
//! does that after a week, or when somebody writes the blob.
//!
//! Requests with a key are signed with the time of the system, because the signer takes no other.

mod account;
mod blocks;
mod listing;
mod settings;

use std::fmt;
use std::sync::Arc;

use headgate_core::Body;
use http::header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH, RANGE};
use http::{HeaderName, Method, Response, StatusCode};

use super::answer::{self, opened, range_header};
use super::fields::Field;
use super::mark::mark;
use super::{
    Conflict, Cut, Listing, Opened, Part, PlaceError, Range, Stat, Storage, Target, Upload, Whole,
    Written, call, headers, xml,
};
use crate::digest::{Algorithm, Digest};
use crate::file_path::FilePath;
use crate::ports::{Reach, World};
use account::{Account, digests, is_taken, meaning};

pub use settings::{AzureBlobAccess, AzureBlobSettings, ContainerName};

const MEBIBYTE: u64 = 1024 * 1024;
/// The length of a block, where that is enough.
const USUAL: u64 = 8 * MEBIBYTE;
/// The length where the file's is not known: whoever reads it holds a block of it in memory. 100,000 MiB fit.
const UNKNOWN: u64 = 2 * MEBIBYTE;
/// The longest block.
const LONGEST: u64 = 4_000 * MEBIBYTE;
/// The blob's metadata that says which relay wrote it.
const MARK: HeaderName = HeaderName::from_static("x-ms-meta-headgate_relay");
const BLOB_CONTENT_TYPE: HeaderName = HeaderName::from_static("x-ms-blob-content-type");
const BLOB_CONTENT_MD5: HeaderName = HeaderName::from_static("x-ms-blob-content-md5");

/// A container of Azure Blob Storage.
pub struct AzureBlob<W: World> {
    account: Account<W>,
}

/// Shows no key.
impl<W: World> fmt::Debug for AzureBlob<W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("AzureBlob").field(self.account.settings()).finish()
    }
}

/// A blob that is there.
struct Found {
    stat: Stat,
    /// The mark of the relay that wrote it.
    mark: Option<String>,
}

impl<W: World> AzureBlob<W> {
    /// Makes the place.
    pub fn new(settings: AzureBlobSettings, reach: Arc<Reach<W>>) -> Self {
        Self { account: Account::new(settings, reach) }
    }

    async fn find(&self, path: &FilePath) -> Result<Found, PlaceError> {
        let blob = self.account.blob(path)?;
        let response = self.account.send(Method::HEAD, &blob, &[], &[]).await?;
        if response.status() != StatusCode::OK {
            return Err(self.account.error(response).await);
        }
        let said = response.headers();
        Ok(Found {
            stat: answer::stat(said, headers::length(said), whole_digests(&response)),
            mark: headers::text(said, MARK.as_str()).map(str::to_owned),
        })
    }

    /// The blob, if this relay made it.
    async fn made_by(&self, target: &Target) -> Result<Option<Found>, PlaceError> {
        match self.find(&target.path).await {
            Ok(found) if found.mark == Some(mark(&target.relay)) => Ok(Some(found)),
            // Who may write may not always read.
            Ok(_) | Err(PlaceError::NotFound | PlaceError::Denied { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The digest that was stored with a blob. Nobody checked it where the blob was made of blocks.
fn whole_digests(response: &Response<Body>) -> Vec<Digest> {
    let name = match response.status() {
        StatusCode::OK => "content-md5",
        _ => "x-ms-blob-content-md5",
    };
    let md5 = headers::text(response.headers(), name);
    md5.and_then(|md5| Digest::from_base64(Algorithm::Md5, md5)).into_iter().collect()
}

impl<W: World> Storage for AzureBlob<W> {
    async fn stat(&self, path: &FilePath) -> Result<Stat, PlaceError> {
        Ok(self.find(path).await?.stat)
    }

    async fn open(
        &self,
        path: &FilePath,
        range: Range,
        validator: Option<&str>,
    ) -> Result<Opened, PlaceError> {
        let value = range_header(range);
        let mut fields: Vec<Field<'_>> = Vec::new();
        if let Some(value) = value.as_ref().and_then(|value| value.to_str().ok()) {
            fields.push((RANGE, value));
        }
        if let Some(validator) = validator.filter(|validator| validator.starts_with('"')) {
            fields.push((IF_MATCH, validator));
        }
        let response =
            self.account.send(Method::GET, &self.account.blob(path)?, &[], &fields).await?;
        match response.status() {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                let digests = whole_digests(&response);
                opened(response, range, validator, digests)
            }
            _ => Err(self.account.error(response).await),
        }
    }

    async fn list(&self, prefix: &FilePath, after: Option<&str>) -> Result<Listing, PlaceError> {
        let folder = self.account.blob(prefix)?;
        let below = if folder.is_root() { String::new() } else { format!("{folder}/") };
        let mut members = vec![
            ("restype", "container"),
            ("comp", "list"),
            ("include", "metadata"),
            ("maxresults", "1000"),
        ];
        members.extend((!below.is_empty()).then_some(("prefix", below.as_str())));
        members.extend(after.map(|after| ("marker", after)));
        let response = self.account.send(Method::GET, &FilePath::default(), &members, &[]).await?;
        if response.status() != StatusCode::OK {
            return Err(self.account.error(response).await);
        }
        let answer = call::read(response.into_body(), xml::LONGEST).await?;
        listing::read(&answer, &self.account.settings().root)
    }

    fn cut(&self, length: Option<u64>) -> Result<Cut, PlaceError> {
        let size = match length {
            None => UNKNOWN,
            Some(length) => length.div_ceil(blocks::MOST).max(USUAL).next_multiple_of(MEBIBYTE),
        };
        if size > LONGEST {
            let detail = "a blob has 50,000 blocks of 4,000 MiB at most".to_owned();
            return Err(PlaceError::Refused { detail });
        }
        Ok(Cut { size: Some(size), needs_length: true })
    }

    fn cut_within(&self, length: u64, most: u64) -> Result<Cut, PlaceError> {
        let Cut { size, needs_length } = self.cut(Some(length))?;
        // As long as the number of blocks allows.
        let least = length.div_ceil(blocks::MOST).max(1);
        Ok(Cut { size: size.map(|size| size.min(most).max(least)), needs_length })
    }

    /// Looks whether the name is taken, so that nobody sends a file for nothing. Blocks need no beginning.
    async fn begin(&self, target: &Target) -> Result<Upload, PlaceError> {
        if target.conflict == Conflict::Fail {
            match self.find(&target.path).await {
                Ok(_) => return Err(PlaceError::Exists),
                // Who may write may not always read.
                Err(PlaceError::NotFound | PlaceError::Denied { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Upload { target: target.clone(), id: String::new() })
    }

    async fn write(
        &self,
        upload: &mut Upload,
        part: Part,
        content: Body,
    ) -> Result<Vec<Digest>, PlaceError> {
        if u64::from(part.index) >= blocks::MOST {
            let detail = "the file is longer than 50,000 blocks".to_owned();
            return Err(PlaceError::Refused { detail });
        }
        let length = part.length.ok_or(PlaceError::Unsupported("take a part of unknown length"))?;
        let blob = self.account.blob(&upload.target.path)?;
        let name = blocks::name(&upload.target.relay, part.index);
        let members = [("comp", "block"), ("blockid", name.as_str())];
        let response = self.account.upload(&blob, &members, &[], length, content).await?;
        match response.status() {
            StatusCode::CREATED if self.account.settings().checksums => {
                Ok(digests(response.headers()))
            }
            StatusCode::CREATED => Ok(Vec::new()),
            _ => Err(self.account.error(response).await),
        }
    }

    async fn held(&self, upload: &Upload) -> Result<u64, PlaceError> {
        if let Some(found) = self.made_by(&upload.target).await? {
            return Ok(found.stat.length.unwrap_or_default());
        }
        let blob = self.account.blob(&upload.target.path)?;
        let members = [("comp", "blocklist"), ("blocklisttype", "uncommitted")];
        let response = self.account.send(Method::GET, &blob, &members, &[]).await?;
        if response.status() == StatusCode::OK {
            let answer = call::read(response.into_body(), xml::LONGEST).await?;
            return blocks::held(&upload.target.relay, &answer);
        }
        match self.account.error(response).await {
            // No block was written yet, or a week went by.
            PlaceError::NotFound => Ok(0),
            error => Err(error),
        }
    }

    async fn commit(&self, upload: &Upload, whole: &Whole) -> Result<Written, PlaceError> {
        let target = &upload.target;
        let blob = self.account.blob(&target.path)?;
        let mark = mark(&target.relay);
        let content_type = target.content_type.as_deref().unwrap_or("application/octet-stream");
        let mut fields = vec![
            (CONTENT_TYPE, "application/xml"),
            (BLOB_CONTENT_TYPE, content_type),
            (MARK, &mark),
        ];
        let is_md5 = |digest: &&Digest| digest.algorithm == Algorithm::Md5;
        let md5 = whole.digests.iter().find(is_md5).map(Digest::base64);
        fields.extend(md5.as_deref().map(|md5| (BLOB_CONTENT_MD5, md5)));
        if target.conflict == Conflict::Fail {
            fields.push((IF_NONE_MATCH, "*"));
        }
        let list = blocks::list(&target.relay, whole.parts);
        let length = list.len() as u64;
        let members = [("comp", "blocklist")];
        let response = self.account.upload(&blob, &members, &fields, length, list.into()).await?;
        if response.status() != StatusCode::CREATED {
            let failure = self.account.failure(response).await;
            let status = failure.status;
            // An earlier attempt may have been answered by nobody.
            if (is_taken(status) || failure.is("InvalidBlockList"))
                && let Some(found) = self.made_by(target).await?
            {
                return Ok(Written {
                    etag: found.stat.etag,
                    digests: Vec::new(),
                    length: found.stat.length,
                });
            }
            let is_conflict =
                target.conflict == Conflict::Fail && status == StatusCode::PRECONDITION_FAILED;
            return Err(if is_conflict { PlaceError::Exists } else { meaning(failure) });
        }
        let etag = headers::etag(response.headers());
        // The blob is there: that it cannot be looked at is no failure any more.
        let found = self.made_by(target).await.ok().flatten();
        let length =
            found.filter(|found| found.stat.etag == etag).and_then(|found| found.stat.length);
        // The MD5 that is stored now is our own: it proves nothing.
        Ok(Written { etag, digests: Vec::new(), length })
    }

    /// Blocks that no blob was made of cannot be taken away: the service does that after a week.
    async fn abort(&self, _: &Upload) -> Result<(), PlaceError> {
        Ok(())
    }

    fn part_algorithms(&self) -> &'static [Algorithm] {
        if self.account.settings().checksums { &[Algorithm::Crc64Nvme] } else { &[] }
    }

    async fn delete(&self, path: &FilePath, etag: Option<&str>) -> Result<(), PlaceError> {
        let blob = self.account.blob(path)?;
        let condition = headers::condition(etag)?.map(|etag| (IF_MATCH, etag));
        let response = self.account.send(Method::DELETE, &blob, &[], condition.as_slice()).await?;
        match response.status() {
            StatusCode::ACCEPTED | StatusCode::OK => Ok(()),
            _ => match self.account.error(response).await {
                PlaceError::NotFound => Ok(()),
                error => Err(error),
            },
        }
    }
}
