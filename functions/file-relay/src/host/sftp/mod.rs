//! A server of SFTP (version 3, draft-ietf-secsh-filexfer-02, with the extensions of OpenSSH; contracts, Power Platform §5.5).
//!
//! One connection serves all relays of a place, and is made again when it breaks. The server's key is pinned. Pieces of a
//! file are on their way many at a time, so that a far server is not waited for at each.

mod connection;
mod failure;
mod keys;
mod known;
mod listing;
mod open;
mod paths;
mod read;
mod upload;
mod write;

use std::fmt;
use std::sync::Arc;

use headgate_core::{Body, Clock};
use tokio::sync::Mutex;

use self::connection::Connection;
use self::failure::Failure;
use self::keys::Keys;
use self::paths::Paths;
use super::PART;
use crate::digest::Digest;
use crate::file_path::FilePath;
use crate::place::{
    Cut, Listing, Opened, Part, PlaceError, Range, Stat, Storage, Target, Upload, Whole, Written,
};
use crate::places::SftpSettings;

/// A server of SFTP.
///
/// What tells a content from another is its length and its time of modification in whole seconds: the protocol has nothing finer. So nothing does
/// within two seconds of a change, by this machine's clock: reading such a file is begun again where it breaks off. A server whose clock is
/// behind by more is believed too early.
/// Keys of the server and of the user are Ed25519 or ECDSA. Without the extension `posix-rename@openssh.com` a file that is
/// replaced is taken away first, and for a moment there is none. What links on the server lead to is the server's affair.
pub struct Sftp {
    settings: SftpSettings,
    keys: Keys,
    paths: Paths,
    clock: Arc<dyn Clock>,
    connection: Mutex<Option<Arc<Connection>>>,
}

impl Sftp {
    /// Makes the place. The server is connected to at the first call.
    ///
    /// # Errors
    ///
    /// A clause that goes on from the name of the place.
    pub fn new(settings: SftpSettings, clock: Arc<dyn Clock>) -> Result<Self, &'static str> {
        let keys = Keys::read(&settings)?;
        let paths = Paths::below(&settings.root);
        Ok(Self { settings, keys, paths, clock, connection: Mutex::new(None) })
    }

    /// The connection that there is, or a new one.
    async fn connection(&self) -> Result<Arc<Connection>, PlaceError> {
        let mut slot = self.connection.lock().await;
        if let Some(connection) = slot.as_ref().filter(|connection| connection.is_open()) {
            return Ok(Arc::clone(connection));
        }
        let connection = Arc::new(Connection::open(&self.settings, &self.keys).await?);
        *slot = Some(Arc::clone(&connection));
        Ok(connection)
    }
}

impl Storage for Sftp {
    async fn stat(&self, path: &FilePath) -> Result<Stat, PlaceError> {
        let connection = self.connection().await?;
        Ok(connection.file(&self.paths.of(path)).await?.stat(self.clock.now()))
    }

    async fn open(
        &self,
        path: &FilePath,
        range: Range,
        validator: Option<&str>,
    ) -> Result<Opened, PlaceError> {
        let connection = self.connection().await?;
        read::open(connection, self.paths.of(path), range, validator, self.clock.now()).await
    }

    async fn list(&self, prefix: &FilePath, after: Option<&str>) -> Result<Listing, PlaceError> {
        let connection = self.connection().await?;
        listing::page(&connection, &self.paths, prefix, after).await
    }

    fn cut(&self, _: Option<u64>) -> Result<Cut, PlaceError> {
        Ok(Cut { size: Some(PART), needs_length: false })
    }

    async fn begin(&self, target: &Target) -> Result<Upload, PlaceError> {
        let connection = self.connection().await?;
        upload::begin(&connection, &self.paths, target).await
    }

    async fn write(
        &self,
        upload: &mut Upload,
        part: Part,
        content: Body,
    ) -> Result<Vec<Digest>, PlaceError> {
        let connection = self.connection().await?;
        upload::write(&connection, &self.paths, upload, part, content).await?;
        Ok(Vec::new())
    }

    async fn held(&self, upload: &Upload) -> Result<u64, PlaceError> {
        let connection = self.connection().await?;
        upload::held(&connection, &self.paths, upload).await
    }

    async fn commit(&self, upload: &Upload, whole: &Whole) -> Result<Written, PlaceError> {
        let connection = self.connection().await?;
        upload::commit(&connection, &self.paths, upload, whole, self.clock.now()).await
    }

    async fn abort(&self, upload: &Upload) -> Result<(), PlaceError> {
        let connection = self.connection().await?;
        upload::abort(&connection, &self.paths, upload).await
    }

    async fn delete(&self, path: &FilePath, etag: Option<&str>) -> Result<(), PlaceError> {
        let (connection, path) = (self.connection().await?, self.paths.of(path));
        let known = match connection.file(&path).await {
            Err(Failure(PlaceError::NotFound)) => return Ok(()),
            known => known?,
        };
        if etag.is_some() && etag != known.etag().as_deref() {
            return Err(PlaceError::Changed);
        }
        Ok(connection.remove(&path).await?)
    }
}

/// Shows where the server is, and who the user is.
impl fmt::Debug for Sftp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Sftp").field(&self.settings).finish()
    }
}
