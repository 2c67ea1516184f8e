use std::time::{SystemTime, UNIX_EPOCH};

use cap_std::fs::{Dir, Metadata};

use super::failure::of_io;
use crate::place::{PlaceError, Stat, Written};

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) length: u64,
    /// In nanoseconds since 1970, or before it.
    modified: i128,
    /// What tells the file from every other that there is, whatever its name; nothing where the system does not say it.
    pub(super) number: String,
}

impl Known {
    /// Looks at a file.
    pub(super) fn of(dir: &Dir, path: &str) -> Result<Self, PlaceError> {
        let path = if path.is_empty() { "." } else { path };
        let metadata = dir.metadata(path).map_err(|error| of_io(&error))?;
        match metadata.is_file() {
            true => Ok(Self::from(&metadata)),
            false => Err(PlaceError::Refused { detail: "it is no file".to_owned() }),
        }
    }

    pub(super) fn from(metadata: &Metadata) -> Self {
        let modified = metadata.modified().map_or(0, |time| nanoseconds(time.into_std()));
        Self { length: metadata.len(), modified, number: number(metadata) }
    }

    pub(super) fn etag(&self) -> String {
        format!("\"{}-{:x}-{:x}\"", self.number, self.modified, self.length)
    }

    pub(super) fn stat(&self) -> Stat {
        Stat {
            length: Some(self.length),
            content_type: None,
            etag: Some(self.etag()),
            validator: Some(self.etag()),
            digests: Vec::new(),
        }
    }

    pub(super) fn written(&self) -> Written {
        Written { etag: Some(self.etag()), digests: Vec::new(), length: Some(self.length) }
    }
}

/// The number of a file is given to another one once it is gone: so the time when it was made is put to it.
#[cfg(unix)]
fn number(metadata: &Metadata) -> String {
    use cap_std::fs::MetadataExt;
    let made = metadata.created().map_or(0, |time| nanoseconds(time.into_std()));
    format!("{:x}:{:x}:{made:x}", metadata.dev(), metadata.ino())
}

/// Since 1970, or before it.
fn nanoseconds(time: SystemTime) -> i128 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i128::try_from(since.as_nanos()).unwrap_or(i128::MAX),
        Err(before) => -i128::try_from(before.duration().as_nanos()).unwrap_or(i128::MAX),
    }
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> String {
    String::new()
}
