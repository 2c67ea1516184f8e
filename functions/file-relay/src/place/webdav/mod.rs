//! Files of a server of WebDAV (RFC 4918).

mod collection;
mod server;
mod settings;

use std::fmt;
use std::sync::Arc;

use headgate_core::Body;

use self::collection::Cursor;
use self::server::Server;
use super::headers::is_strong;
use super::mark::beside;
use super::one_request::{self, Taken};
use super::same::is_same;
use super::{
    Conflict, Cut, Listing, Opened, Part, PlaceError, Range, Stat, Storage, Target, Upload, Whole,
    Written,
};
use crate::digest::Digest;
use crate::file_path::FilePath;
use crate::ports::{Reach, World};

pub use settings::WebDavSettings;

/// A server of WebDAV.
///
/// A file is one part: WebDAV has no way to go on with one. It is written under another name in its own folder and then moved, so
/// nobody sees the half of it; folders that are missing are made. How long it is is asked before it is moved. A list says
/// what is in each folder, one folder to a page.
pub struct WebDav<W: World>(Server<W>);

/// Shows no password.
impl<W: World> fmt::Debug for WebDav<W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("WebDav").field(&self.0.settings).finish()
    }
}

impl<W: World> WebDav<W> {
    /// Makes the place.
    pub const fn new(settings: WebDavSettings, reach: Arc<Reach<W>>) -> Self {
        Self(Server::new(settings, reach))
    }

    /// What is known of a file, if there is one; nothing where the server does not say.
    async fn known(&self, path: &FilePath) -> Result<Option<Stat>, PlaceError> {
        match self.0.head(path).await {
            Ok(stat) => Ok(Some(stat)),
            Err(PlaceError::NotFound) => Ok(None),
            // Who may write may not always read.
            Err(PlaceError::Denied { .. } | PlaceError::Refused { .. }) => {
                Ok(Some(Stat::default()))
            }
            Err(error) => Err(error),
        }
    }

    /// Makes the folders that a file is in: those that are missing, the place's root too, and no request more than that takes.
    async fn make_folders(&self, path: &FilePath) -> Result<(), PlaceError> {
        let mut missing = Vec::new();
        let mut folder = self.0.below_root(&path.parent())?;
        while !folder.is_root() && !self.0.make(&folder).await? {
            let parent = folder.parent();
            missing.push(std::mem::replace(&mut folder, parent));
        }
        while let Some(folder) = missing.pop() {
            if !self.0.make(&folder).await? {
                let detail = "a folder cannot be made".to_owned();
                return Err(PlaceError::Temporary { detail });
            }
        }
        Ok(())
    }

    /// Writes a file under its other name.
    async fn put(
        &self,
        target: &Target,
        length: Option<u64>,
        content: Body,
    ) -> Result<Taken, PlaceError> {
        let (path, content_type) = (beside(target)?, target.content_type.as_deref());
        let (length, etag) = self.0.put(&path, content_type, length, content).await?;
        Ok(Taken { length, etag })
    }

    /// What stands under the name after the move.
    async fn written(&self, target: &Target, length: u64) -> Result<Written, PlaceError> {
        let Some(stat) = self.known(&target.path).await? else {
            let detail = "the file is not there after it was moved".to_owned();
            return Err(PlaceError::Temporary { detail });
        };
        // One of another length is another one by now: it was as long as it has to be before it was moved.
        if stat.length.is_some_and(|found| found != length) {
            return Ok(Written::default());
        }
        Ok(Written { etag: stat.etag, digests: stat.digests, length: stat.length })
    }

    /// Whether the file was moved before, by an attempt whose answer was lost: the same entity tag, or the same content.
    async fn was_moved(
        &self,
        target: &Target,
        taken: &Taken,
        whole: &Whole,
    ) -> Result<Written, PlaceError> {
        let stat = self.0.head(&target.path).await.map_err(|error| match error {
            PlaceError::NotFound => PlaceError::UploadLost,
            error => error,
        })?;
        if stat.length.is_some_and(|length| length != whole.length) {
            return Err(PlaceError::UploadLost);
        }
        let own = taken.etag.as_deref().filter(|etag| is_strong(etag));
        let is_same = own.is_some() && own == stat.etag.as_deref();
        if !is_same && !self.is_content(&target.path, whole).await? {
            return Err(PlaceError::UploadLost);
        }
        Ok(Written { etag: stat.etag, digests: stat.digests, length: Some(whole.length) })
    }

    async fn is_content(&self, path: &FilePath, whole: &Whole) -> Result<bool, PlaceError> {
        is_same(self.0.get(path, Range::default(), None).await?.body, whole).await
    }
}

impl<W: World> Storage for WebDav<W> {
    async fn stat(&self, path: &FilePath) -> Result<Stat, PlaceError> {
        self.0.head(path).await
    }

    async fn open(
        &self,
        path: &FilePath,
        range: Range,
        validator: Option<&str>,
    ) -> Result<Opened, PlaceError> {
        self.0.get(path, range, validator).await
    }

    async fn list(&self, prefix: &FilePath, after: Option<&str>) -> Result<Listing, PlaceError> {
        let mut cursor = match after {
            None => Cursor::at(prefix),
            Some(after) => Cursor::read(after)?,
        };
        let Some(folder) = cursor.next() else { return Ok(Listing::default()) };
        let files = match self.0.members(&folder).await {
            Ok(members) => cursor.take(&folder, members)?,
            // It was there when its folder was listed, or never: nothing is in it.
            Err(PlaceError::NotFound) => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok(Listing { files, next: cursor.into_text() })
    }

    fn cut(&self, length: Option<u64>) -> Result<Cut, PlaceError> {
        one_request::cut(length, self.0.settings.chunked)
    }

    /// Looks first where nothing may be replaced, so that nothing is sent in vain.
    async fn begin(&self, target: &Target) -> Result<Upload, PlaceError> {
        if target.conflict == Conflict::Fail {
            one_request::is_free(self.0.head(&target.path).await)?;
        }
        self.make_folders(&target.path).await?;
        Ok(Upload { target: target.clone(), id: String::new() })
    }

    async fn write(
        &self,
        upload: &mut Upload,
        part: Part,
        content: Body,
    ) -> Result<Vec<Digest>, PlaceError> {
        one_request::is_whole(part)?;
        upload.id = self.put(&upload.target, part.length, content).await?.id();
        Ok(Vec::new())
    }

    /// All of it or nothing.
    async fn held(&self, upload: &Upload) -> Result<u64, PlaceError> {
        let Some(taken) = Taken::of(upload) else { return Ok(0) };
        for path in [&beside(&upload.target)?, &upload.target.path] {
            let stat = self.known(path).await?;
            if stat.is_some_and(|stat| stat.length.is_none_or(|length| length == taken.length)) {
                return Ok(taken.length);
            }
        }
        Err(PlaceError::UploadLost)
    }

    async fn commit(&self, upload: &Upload, whole: &Whole) -> Result<Written, PlaceError> {
        let target = &upload.target;
        let taken = match Taken::of(upload) {
            Some(taken) => taken,
            None if whole.parts == 0 => self.put(target, Some(0), Body::empty()).await?,
            None => return Err(PlaceError::UploadLost),
        };
        let beside = beside(target)?;
        let Some(stat) = self.known(&beside).await? else {
            return self.was_moved(target, &taken, whole).await;
        };
        if stat.length.is_some_and(|length| length != whole.length) {
            let detail = "the length of what was written".to_owned();
            return Err(PlaceError::Corrupt { detail });
        }
        match self.0.rename(&beside, &target.path, target.conflict).await {
            Ok(()) => self.written(target, whole.length).await,
            // An empty file that is there is this one: it may have been put there by an attempt whose answer was lost.
            Err(PlaceError::Exists) if whole.length == 0 => {
                let stat = self.0.head(&target.path).await?;
                if stat.length != Some(0) {
                    return Err(PlaceError::Exists);
                }
                self.0.remove(&beside, None).await?;
                Ok(Written { etag: stat.etag, digests: stat.digests, length: Some(0) })
            }
            Err(error) => Err(error),
        }
    }

    async fn abort(&self, upload: &Upload) -> Result<(), PlaceError> {
        self.0.remove(&beside(&upload.target)?, None).await
    }

    /// Looks first: not every server heeds `If-Match`, and what is deleted with a folder is everything in it.
    async fn delete(&self, path: &FilePath, etag: Option<&str>) -> Result<(), PlaceError> {
        match self.0.head(path).await {
            Ok(stat) if etag.is_some() && stat.etag.as_deref() != etag => Err(PlaceError::Changed),
            Ok(_) => self.0.remove(path, etag).await,
            Err(PlaceError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
