use headgate_core::Body;

use crate::digest::Digest;
use crate::file_path::FilePath;
use crate::place::{
    Cut, Listing, Opened, Part, PlaceError, Range, Stat, Storage, Target, Upload, Whole, Written,
};
use crate::places::HostSettings;

/// A host that has no places itself, as one of components: there is none of this type.
#[derive(Clone, Copy, Debug)]
pub enum NoHostPlace {}

impl NoHostPlace {
    /// Opens no place.
    ///
    /// # Errors
    ///
    /// Always: a clause that goes on from the name of the place.
    pub fn open(_settings: HostSettings) -> Result<Self, &'static str> {
        Err("is of a kind that only the native binary has")
    }
}

impl Storage for NoHostPlace {
    async fn stat(&self, _path: &FilePath) -> Result<Stat, PlaceError> {
        match *self {}
    }

    async fn open(
        &self,
        _path: &FilePath,
        _range: Range,
        _validator: Option<&str>,
    ) -> Result<Opened, PlaceError> {
        match *self {}
    }

    async fn list(&self, _prefix: &FilePath, _after: Option<&str>) -> Result<Listing, PlaceError> {
        match *self {}
    }

    fn cut(&self, _length: Option<u64>) -> Result<Cut, PlaceError> {
        match *self {}
    }

    async fn begin(&self, _target: &Target) -> Result<Upload, PlaceError> {
        match *self {}
    }

    async fn write(
        &self,
        _upload: &mut Upload,
        _part: Part,
        _content: Body,
    ) -> Result<Vec<Digest>, PlaceError> {
        match *self {}
    }

    async fn held(&self, _upload: &Upload) -> Result<u64, PlaceError> {
        match *self {}
    }

    async fn commit(&self, _upload: &Upload, _whole: &Whole) -> Result<Written, PlaceError> {
        match *self {}
    }

    async fn abort(&self, _upload: &Upload) -> Result<(), PlaceError> {
        match *self {}
    }

    async fn delete(&self, _path: &FilePath, _etag: Option<&str>) -> Result<(), PlaceError> {
        match *self {}
    }
}
