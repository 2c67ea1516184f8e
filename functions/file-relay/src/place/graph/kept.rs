use serde::{Deserialize, Serialize};

use super::item::DriveItem;
use crate::digest::Digest;
use crate::place::{PlaceError, Target, Upload, Written};

/// What an [`Upload`] remembers of a drive.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The upload's own address; `None` for an empty file, which has no upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    /// What told the content that was there before from any other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<String>,
    /// The file, once its last fragment was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<KeptFile>,
}

/// A file that was uploaded.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct KeptFile {
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<u64>,
    digests: Vec<Digest>,
}

impl Kept {
    pub(super) fn of(upload: &Upload) -> Result<Self, PlaceError> {
        serde_json::from_str(&upload.id).map_err(|_| PlaceError::UploadLost)
    }

    pub(super) fn text(&self) -> Result<String, PlaceError> {
        let refused = |_| PlaceError::Refused { detail: "the upload cannot be kept".to_owned() };
        serde_json::to_string(self).map_err(refused)
    }

    pub(super) fn into_upload(self, target: &Target) -> Result<Upload, PlaceError> {
        Ok(Upload { target: target.clone(), id: self.text()? })
    }
}

impl KeptFile {
    pub(super) fn of(item: &DriveItem) -> Self {
        let Written { etag, digests, length } = item.written();
        Self { id: item.id.clone(), etag, length, digests }
    }

    pub(super) fn written(&self) -> Written {
        Written { etag: self.etag.clone(), digests: self.digests.clone(), length: self.length }
    }
}
