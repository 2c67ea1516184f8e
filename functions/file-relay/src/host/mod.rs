//! What the host itself has, and a component has none of: a folder, a server of SFTP, an identity of AWS.

mod aws_identity;
pub mod folder;
pub mod sftp;

use std::fmt;
use std::sync::Arc;

use headgate_core::{Body, Diagnostics};
use headgate_native::SystemClock;

use self::aws_identity::AwsIdentity;
use self::folder::Folder;
use self::sftp::Sftp;
use crate::digest::Digest;
use crate::file_path::FilePath;
use crate::place::s3::AwsKeys;
use crate::place::{
    Cut, Listing, Opened, Part, PlaceError, Range, Stat, Storage, Target, Upload, Whole, Written,
};
use crate::places::{HostSettings, Hosting};

/// A place that is not reached over HTTP.
#[derive(Debug)]
pub enum HostPlace {
    /// A folder.
    Folder(Folder),
    /// A server of SFTP.
    Sftp(Box<Sftp>),
}

impl HostPlace {
    /// Opens a place. A folder has to be there; a server is connected to at the first call.
    ///
    /// # Errors
    ///
    /// A clause that goes on from the name of the place.
    pub fn open(settings: HostSettings) -> Result<Self, &'static str> {
        match settings {
            HostSettings::Folder(settings) => Folder::open(&settings).map(Self::Folder),
            HostSettings::Sftp(settings) => {
                let sftp = Sftp::new(settings, Arc::new(SystemClock));
                sftp.map(|sftp| Self::Sftp(Box::new(sftp)))
            }
        }
    }
}

/// This process, with what the machine that it runs on has.
#[derive(Clone, Copy, Debug)]
pub struct NativeHost<D> {
    diagnostics: D,
}

impl<D> NativeHost<D> {
    /// Makes the host; `diagnostics` are told why it has no keys of AWS.
    pub const fn new(diagnostics: D) -> Self {
        Self { diagnostics }
    }
}

impl<D: Diagnostics + Clone + fmt::Debug + 'static> Hosting for NativeHost<D> {
    type Place = HostPlace;

    fn open(&self, settings: HostSettings) -> Result<HostPlace, &'static str> {
        HostPlace::open(settings)
    }

    fn aws_keys(&self, region: &str) -> Result<Arc<dyn AwsKeys>, &'static str> {
        Ok(Arc::new(AwsIdentity::new(region, self.diagnostics.clone())))
    }
}

/// Does the same with whichever kind it is.
macro_rules! each {
    ($place:expr, $storage:ident => $act:expr) => {
        match $place {
            HostPlace::Folder($storage) => $act,
            HostPlace::Sftp($storage) => $act,
        }
    };
}

impl Storage for HostPlace {
    async fn stat(&self, path: &FilePath) -> Result<Stat, PlaceError> {
        each!(self, storage => storage.stat(path).await)
    }

    async fn open(
        &self,
        path: &FilePath,
        range: Range,
        validator: Option<&str>,
    ) -> Result<Opened, PlaceError> {
        each!(self, storage => storage.open(path, range, validator).await)
    }

    async fn list(&self, prefix: &FilePath, after: Option<&str>) -> Result<Listing, PlaceError> {
        each!(self, storage => storage.list(prefix, after).await)
    }

    fn cut(&self, length: Option<u64>) -> Result<Cut, PlaceError> {
        each!(self, storage => storage.cut(length))
    }

    /// Parts of any length are taken.
    fn cut_within(&self, length: u64, most: u64) -> Result<Cut, PlaceError> {
        let Cut { size, needs_length } = self.cut(Some(length))?;
        Ok(Cut { size: size.map(|size| size.min(most)), needs_length })
    }

    async fn begin(&self, target: &Target) -> Result<Upload, PlaceError> {
        each!(self, storage => storage.begin(target).await)
    }

    async fn write(
        &self,
        upload: &mut Upload,
        part: Part,
        content: Body,
    ) -> Result<Vec<Digest>, PlaceError> {
        each!(self, storage => storage.write(upload, part, content).await)
    }

    async fn held(&self, upload: &Upload) -> Result<u64, PlaceError> {
        each!(self, storage => storage.held(upload).await)
    }

    async fn commit(&self, upload: &Upload, whole: &Whole) -> Result<Written, PlaceError> {
        each!(self, storage => storage.commit(upload, whole).await)
    }

    async fn abort(&self, upload: &Upload) -> Result<(), PlaceError> {
        each!(self, storage => storage.abort(upload).await)
    }

    async fn delete(&self, path: &FilePath, etag: Option<&str>) -> Result<(), PlaceError> {
        each!(self, storage => storage.delete(path, etag).await)
    }
}

/// A part is sent in one go, and what was not whole is sent again.
const PART: u64 = 32 * 1024 * 1024;

/// How much is read and written at once.
const PIECE: usize = 64 * 1024;
