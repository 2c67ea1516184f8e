//! A folder of this machine.
//!
//! Paths do not lead out of it, links included: each is resolved below the folder that was opened at the beginning. A file is
//! written beside its target under another name and gets its own by one step, so that nobody sees half of it.

mod failure;
mod known;
mod listing;
mod read;
mod write;

use std::fmt;
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use headgate_core::Body;

use self::failure::{lost, of_io};
use self::known::Known;
use super::{PART, PIECE};
use crate::digest::Digest;
use crate::file_path::FilePath;
use crate::place::{
    Cut, Listing, Opened, Part, PlaceError, Range, Stat, Storage, Target, Upload, Whole, Written,
};
use crate::places::FolderSettings;

/// A folder of this machine.
///
/// Its validator is the file's number, length and time of modification, as fine as the file system has it. Where a file
/// system knows no hard links, [`Conflict::Fail`](crate::place::Conflict::Fail) looks and then renames, and two who write one name at
/// one moment may replace each other.
pub struct Folder {
    dir: Arc<Dir>,
    path: String,
}

impl Folder {
    /// Opens a folder, which has to be there.
    ///
    /// # Errors
    ///
    /// A clause that goes on from the name of the place.
    pub fn open(settings: &FolderSettings) -> Result<Self, &'static str> {
        let none = |_| "names no folder that this process can open";
        let dir = Dir::open_ambient_dir(&settings.path, ambient_authority()).map_err(none)?;
        let dir = match settings.root.is_root() {
            true => dir,
            false => dir.open_dir(settings.root.as_str()).map_err(none)?,
        };
        Ok(Self { dir: Arc::new(dir), path: settings.path.clone() })
    }

    /// Works where waiting for the disk is nobody else's wait.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Dir) -> Result<T, PlaceError> + Send + 'static,
    ) -> Result<T, PlaceError> {
        let dir = Arc::clone(&self.dir);
        tokio::task::spawn_blocking(move || work(&dir)).await.map_err(|_| lost())?
    }
}

impl Storage for Folder {
    async fn stat(&self, path: &FilePath) -> Result<Stat, PlaceError> {
        let path = path.clone();
        self.work(move |dir| Ok(Known::of(dir, path.as_str())?.stat())).await
    }

    async fn open(
        &self,
        path: &FilePath,
        range: Range,
        validator: Option<&str>,
    ) -> Result<Opened, PlaceError> {
        let (path, validator) = (path.clone(), validator.map(str::to_owned));
        let file =
            self.work(move |dir| read::open(dir, &path, range, validator.as_deref())).await?;
        Ok(file.read())
    }

    async fn list(&self, prefix: &FilePath, after: Option<&str>) -> Result<Listing, PlaceError> {
        let (prefix, after) = (prefix.clone(), after.map(str::to_owned));
        self.work(move |dir| listing::page(dir, &prefix, after.as_deref())).await
    }

    fn cut(&self, _: Option<u64>) -> Result<Cut, PlaceError> {
        Ok(Cut { size: Some(PART), needs_length: false })
    }

    async fn begin(&self, target: &Target) -> Result<Upload, PlaceError> {
        let target = target.clone();
        self.work(move |dir| write::begin(dir, target)).await
    }

    async fn write(
        &self,
        upload: &mut Upload,
        part: Part,
        content: Body,
    ) -> Result<Vec<Digest>, PlaceError> {
        let own = upload.clone();
        let (file, number) = self.work(move |dir| write::open(dir, &own, part.offset)).await?;
        upload.id = number;
        write::part(file, part, content).await?;
        Ok(Vec::new())
    }

    async fn held(&self, upload: &Upload) -> Result<u64, PlaceError> {
        let upload = upload.clone();
        self.work(move |dir| write::held(dir, &upload)).await
    }

    async fn commit(&self, upload: &Upload, whole: &Whole) -> Result<Written, PlaceError> {
        let (upload, length) = (upload.clone(), whole.length);
        self.work(move |dir| write::commit(dir, &upload, length)).await
    }

    async fn abort(&self, upload: &Upload) -> Result<(), PlaceError> {
        let upload = upload.clone();
        self.work(move |dir| write::abort(dir, &upload)).await
    }

    async fn delete(&self, path: &FilePath, etag: Option<&str>) -> Result<(), PlaceError> {
        let (path, etag) = (path.clone(), etag.map(str::to_owned));
        self.work(move |dir| {
            let known = match Known::of(dir, path.as_str()) {
                Err(PlaceError::NotFound) => return Ok(()),
                known => known?,
            };
            if etag.is_some_and(|etag| etag != known.etag()) {
                return Err(PlaceError::Changed);
            }
            dir.remove_file(path.as_str()).map_err(|error| of_io(&error))
        })
        .await
    }
}

impl fmt::Debug for Folder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Folder").field(&self.path).finish()
    }
}
