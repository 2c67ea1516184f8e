use headgate_core::Timestamp;
use russh_sftp::protocol::FileAttributes;

use crate::place::{PlaceError, Stat, Written};

/// What is known of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) length: u64,
    /// In seconds since 1970, where the server says it.
    modified: Option<u32>,
}

/// How old a change has to be, in seconds, so that none that follows has the same time. It is the server's clock that said it.
const SURELY_OVER: u64 = 2;

impl Known {
    pub(super) fn of(attributes: &FileAttributes) -> Result<Self, PlaceError> {
        // A server that says no type says so of files as well.
        let is_file = attributes.permissions.is_none() || attributes.file_type().is_file();
        match (is_file, attributes.size) {
            (true, Some(length)) => Ok(Self { length, modified: attributes.mtime }),
            _ => Err(PlaceError::Refused { detail: "it is no file".to_owned() }),
        }
    }

    pub(super) fn etag(&self) -> Option<String> {
        self.modified.map(|modified| format!("\"{modified:x}-{:x}\"", self.length))
    }

    /// What is said of the file at a moment. Whoever changes it in the same second leaves it the same time, so until that is over, nothing tells
    /// its content from another (RFC 9110 §8.8.2.2).
    pub(super) fn stat(&self, now: Timestamp) -> Stat {
        let is_over = |modified| now.as_secs() >= u64::from(modified) + SURELY_OVER;
        let validator = self.etag().filter(|_| self.modified.is_some_and(is_over));
        let weak = || self.etag().map(|etag| format!("W/{etag}"));
        Stat {
            length: Some(self.length),
            content_type: None,
            etag: validator.clone().or_else(weak),
            validator,
            digests: Vec::new(),
        }
    }

    pub(super) fn written(&self) -> Written {
        Written { etag: self.etag(), digests: Vec::new(), length: Some(self.length) }
    }
}
