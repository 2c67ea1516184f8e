//! The places that files come from and go to: what each can do, in the same words for all.
//!
//! A place is spoken to in parts, so that a relay can go on where it broke off, in another process as well: an
//! [`Upload`] is plain data that is kept between two parts, and a place says itself how much of it it holds.

mod address;
mod answer;
mod any;
mod authorization;
pub mod azure_blob;
mod call;
mod error;
pub(crate) mod exact;
mod fields;
pub mod graph;
mod headers;
pub mod http;
mod listed;
pub(crate) mod mark;
mod one_request;
mod progress;
pub mod s3;
pub(crate) mod same;
pub mod webdav;
mod xml;

use std::fmt;
use std::future::Future;

use headgate_core::Body;
use serde::{Deserialize, Serialize};

use crate::digest::{Algorithm, Digest};
use crate::file_path::FilePath;

pub use any::Place;
pub use error::PlaceError;

/// A place.
///
/// An implementor
/// - holds no content but what is on its way: both bodies stream,
/// - tries once: whoever asks decides what is tried again,
/// - shows a reader of the place no half of a file, where the place can do that, and
/// - puts a deadline on every call.
pub trait Storage: Send + Sync {
    /// Says what the place knows of a file.
    fn stat(&self, path: &FilePath) -> impl Future<Output = Result<Stat, PlaceError>> + Send;

    /// Begins to read a file at byte `from`.
    ///
    /// With a validator of an earlier [`Stat`], [`PlaceError::Changed`] when the file is another one now. A place that knows no
    /// ranges answers from the beginning: [`Opened::from`] says where the body begins.
    fn open(
        &self,
        path: &FilePath,
        range: Range,
        validator: Option<&str>,
    ) -> impl Future<Output = Result<Opened, PlaceError>> + Send;

    /// Lists the files below `prefix`, in the place's order, as paths below the place's root; `after` is the
    /// [`Listing::next`] of the page before.
    fn list(
        &self,
        prefix: &FilePath,
        after: Option<&str>,
    ) -> impl Future<Output = Result<Listing, PlaceError>> + Send;

    /// How a file of this length (`None`: not known yet) has to be cut.
    ///
    /// # Errors
    ///
    /// [`PlaceError::Refused`] when the place takes no file of this length.
    fn cut(&self, length: Option<u64>) -> Result<Cut, PlaceError>;

    /// As [`cut`](Self::cut), for a file of which `most` bytes come at once: parts that are no longer than that, where the place takes such.
    ///
    /// # Errors
    ///
    /// As [`cut`](Self::cut).
    fn cut_within(&self, length: u64, _most: u64) -> Result<Cut, PlaceError> {
        self.cut(Some(length))
    }

    /// Begins an upload. Nobody sees the file before [`commit`](Self::commit), where the place can do that.
    fn begin(&self, target: &Target) -> impl Future<Output = Result<Upload, PlaceError>> + Send;

    /// Gives an upload of which nothing was written another media type, as far as the place keeps one. Where an upload has its type
    /// from its beginning, another one takes its place: the one before is given back, to be given up once nobody needs it.
    fn retype(
        &self,
        upload: &mut Upload,
        content_type: &str,
    ) -> impl Future<Output = Result<Option<Upload>, PlaceError>> + Send {
        upload.target.content_type = Some(content_type.to_owned());
        std::future::ready(Ok(None))
    }

    /// Writes one part. Parts come in order, each may be written again, and all but the last are [`Cut::size`] long.
    ///
    /// Gives the digests of the part's content as the place computed them, if it says any.
    fn write(
        &self,
        upload: &mut Upload,
        part: Part,
        content: Body,
    ) -> impl Future<Output = Result<Vec<Digest>, PlaceError>> + Send;

    /// How many bytes of the upload the place holds, from its beginning without a gap.
    ///
    /// # Errors
    ///
    /// [`PlaceError::UploadLost`] when it holds nothing that can be gone on with.
    fn held(&self, upload: &Upload) -> impl Future<Output = Result<u64, PlaceError>> + Send;

    /// Puts the file in its place, as the target's conflict rule says. Doing it twice does it once.
    fn commit(
        &self,
        upload: &Upload,
        whole: &Whole,
    ) -> impl Future<Output = Result<Written, PlaceError>> + Send;

    /// Whether a file is in its place as soon as it is written, before [`commit`](Self::commit): what was there is gone by then.
    fn shows_early(&self) -> bool {
        false
    }

    /// Whether the place may change what it took, as it takes it, and make it no shorter: what [`commit`](Self::commit) says of the
    /// file is then no proof against it.
    fn may_rewrite(&self) -> bool {
        false
    }

    /// Gives the upload up, and takes away what was written of it. No error when there is nothing.
    fn abort(&self, upload: &Upload) -> impl Future<Output = Result<(), PlaceError>> + Send;

    /// By which algorithms besides SHA-256 the place may say digests of whole files. A relay to or from it computes them.
    fn algorithms(&self) -> &'static [Algorithm] {
        &[]
    }

    /// By which algorithms [`write`](Self::write) may say digests of a part. A relay computes them for each part.
    fn part_algorithms(&self) -> &'static [Algorithm] {
        &[]
    }

    /// Removes a file that was written here, if it is still the one with this ETag.
    fn delete(
        &self,
        path: &FilePath,
        etag: Option<&str>,
    ) -> impl Future<Output = Result<(), PlaceError>> + Send;
}

/// What a place knows of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stat {
    /// In bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
    /// The media type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// The entity tag as the place writes it, with its quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// What tells this content from any other of the same name: a strong ETag, a version, or a time of modification with the
    /// length. `None`: nothing does, and reading cannot be gone on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validator: Option<String>,
    /// Digests of the whole content, as the place knows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub digests: Vec<Digest>,
}

/// Bytes of a file, from `from` up to but without `until`; to the end when that is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// The first byte.
    pub from: u64,
    /// The first byte that is not wanted.
    pub until: Option<u64>,
}

/// A file that is being read.
#[derive(Debug)]
pub struct Opened {
    /// What the place says of the whole file.
    pub stat: Stat,
    /// Where the body begins.
    pub from: u64,
    /// The content.
    pub body: Body,
}

/// One page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The files.
    pub files: Vec<FilePath>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// How a file has to be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The length of every part but the last; `None`: the file is one part, of any length.
    pub size: Option<u64>,
    /// Whether a part's length has to be known before its first byte is sent.
    pub needs_length: bool,
}

/// Where a file is to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The upload, as the relay calls it: unguessable, another for each one that is begun, and the same over all attempts to write
    /// it. Names of temporary files are made of it.
    pub relay: String,
    /// The path below the place's root.
    pub path: FilePath,
    /// In bytes, if it is known.
    pub length: Option<u64>,
    /// The media type.
    pub content_type: Option<String>,
    /// What happens when a file of this name is there.
    pub conflict: Conflict,
}

/// What happens when a file of the name is there already. A new name, and whether a file is identical, is found before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conflict {
    /// The relay fails, and the file stays.
    #[default]
    Fail,
    /// The file is replaced.
    Replace,
}

/// An upload that has begun.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// Where it goes.
    pub target: Target,
    /// How the place calls it: an upload id, or an address that is a secret. Empty where the target says all.
    pub id: String,
}

/// Shows no id, which may be a secret.
impl fmt::Debug for Upload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Upload").field("target", &self.target).finish_non_exhaustive()
    }
}

/// One part of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Counted from 0.
    pub index: u32,
    /// Where it begins in the file.
    pub offset: u64,
    /// Its length in bytes; `None` only where [`Cut::needs_length`] is false.
    pub length: Option<u64>,
    /// Whether it is the last one. Of a part whose length is not known, and that may have fewer than [`Cut::size`] bytes if it is
    /// the last one, it is not said.
    pub last: bool,
}

/// The whole file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// In bytes.
    pub length: u64,
    /// How many parts it had; 0 for an empty file.
    pub parts: u32,
    /// Its digests.
    pub digests: Vec<Digest>,
}

/// A file that is in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The entity tag.
    pub etag: Option<String>,
    /// Digests of the whole content as the place says them; whoever asked compares.
    pub digests: Vec<Digest>,
    /// The length as the place says it.
    pub length: Option<u64>,
}
