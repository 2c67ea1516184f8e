use headgate_core::Body;

use super::azure_blob::AzureBlob;
use super::graph::Graph;
use super::headers::NOT_TOLD;
use super::http::Http;
use super::s3::S3;
use super::webdav::WebDav;
use super::{
    Cut, Listing, Opened, Part, PlaceError, Range, Stat, Storage, Target, Upload, Whole, Written,
};
use crate::digest::{Algorithm, Digest};
use crate::file_path::FilePath;
use crate::ports::World;

/// A place of any kind.
pub enum Place<W: World> {
    /// A server that speaks HTTP.
    Http(Http<W>),
    /// A container of Azure Blob Storage.
    AzureBlob(AzureBlob<W>),
    /// A bucket of S3.
    S3(S3<W>),
    /// A drive of OneDrive or SharePoint.
    Graph(Graph<W>),
    /// A server of WebDAV.
    WebDav(WebDav<W>),
    /// One that the host has itself.
    Host(W::HostPlace),
}

/// Does the same with whichever kind it is.
///
/// The futures are in boxes: each would be as large as the largest of all kinds, in whatever waits for it.
macro_rules! each {
    ($place:expr, $storage:ident => $act:expr) => {
        match $place {
            Place::Http($storage) => $act,
            Place::AzureBlob($storage) => $act,
            Place::S3($storage) => $act,
            Place::Graph($storage) => $act,
            Place::WebDav($storage) => $act,
            Place::Host($storage) => $act,
        }
    };
}

impl<W: World> Storage for Place<W> {
    async fn stat(&self, path: &FilePath) -> Result<Stat, PlaceError> {
        each!(self, storage => Box::pin(storage.stat(path)).await)
    }

    async fn open(
        &self,
        path: &FilePath,
        range: Range,
        validator: Option<&str>,
    ) -> Result<Opened, PlaceError> {
        each!(self, storage => Box::pin(storage.open(path, range, validator)).await)
    }

    async fn list(&self, prefix: &FilePath, after: Option<&str>) -> Result<Listing, PlaceError> {
        each!(self, storage => Box::pin(storage.list(prefix, after)).await)
    }

    fn cut(&self, length: Option<u64>) -> Result<Cut, PlaceError> {
        each!(self, storage => storage.cut(length))
    }

    fn cut_within(&self, length: u64, most: u64) -> Result<Cut, PlaceError> {
        each!(self, storage => storage.cut_within(length, most))
    }

    async fn begin(&self, target: &Target) -> Result<Upload, PlaceError> {
        each!(self, storage => Box::pin(storage.begin(target)).await)
    }

    async fn retype(
        &self,
        upload: &mut Upload,
        content_type: &str,
    ) -> Result<Option<Upload>, PlaceError> {
        each!(self, storage => Box::pin(storage.retype(upload, content_type)).await)
    }

    async fn write(
        &self,
        upload: &mut Upload,
        part: Part,
        content: Body,
    ) -> Result<Vec<Digest>, PlaceError> {
        each!(self, storage => Box::pin(storage.write(upload, part, content)).await)
    }

    async fn held(&self, upload: &Upload) -> Result<u64, PlaceError> {
        each!(self, storage => Box::pin(storage.held(upload)).await)
    }

    async fn commit(&self, upload: &Upload, whole: &Whole) -> Result<Written, PlaceError> {
        each!(self, storage => Box::pin(storage.commit(upload, whole)).await)
    }

    async fn abort(&self, upload: &Upload) -> Result<(), PlaceError> {
        each!(self, storage => Box::pin(storage.abort(upload)).await)
    }

    fn algorithms(&self) -> &'static [Algorithm] {
        each!(self, storage => storage.algorithms())
    }

    fn part_algorithms(&self) -> &'static [Algorithm] {
        each!(self, storage => storage.part_algorithms())
    }

    fn shows_early(&self) -> bool {
        each!(self, storage => storage.shows_early())
    }

    fn may_rewrite(&self) -> bool {
        each!(self, storage => storage.may_rewrite())
    }

    /// Nothing is deleted that could be somebody else's: a file without an entity tag stays.
    async fn delete(&self, path: &FilePath, etag: Option<&str>) -> Result<(), PlaceError> {
        if etag.is_none() {
            return Err(PlaceError::Unsupported(NOT_TOLD));
        }
        each!(self, storage => Box::pin(storage.delete(path, etag)).await)
    }
}
