use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use headgate_core::Timestamp;
use serde_json::{Value, json};

use super::quick_xor::QuickXor;
use crate::issuer::{Guid, SystemRandom};
use crate::peer::{Spilled, put};

/// A file or a folder.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) name: String,
    guid: Guid,
    /// Of the item, and of its content alone.
    versions: (u64, u64),
    created: Timestamp,
    modified: Timestamp,
    /// `None` for a folder.
    pub(super) file: Option<File>,
}

/// The content of a file.
#[derive(Clone, Debug)]
pub(super) struct File {
    /// Empty where contents are not kept, or are on the disk.
    pub(super) content: Bytes,
    pub(super) spilled: Option<Spilled>,
    pub(super) length: u64,
    pub(super) media_type: String,
    hash: [u8; 20],
}

impl File {
    /// A file of this content, which is known in full.
    pub(super) fn of(content: Bytes, media_type: &str) -> Self {
        let (hash, length) = (QuickXor::of(&content), content.len() as u64);
        Self { content, spilled: None, length, media_type: media_type.to_owned(), hash }
    }

    /// A file of which only this is known, or all.
    pub(super) fn hashed(content: Bytes, length: u64, hash: QuickXor) -> Self {
        let media_type = "application/octet-stream".to_owned();
        Self { content, spilled: None, length, media_type, hash: hash.finish() }
    }

    /// The bytes of a range, as far as the file goes; `None` where contents are not kept.
    pub(super) fn bytes(&self, range: Range<u64>) -> Option<Bytes> {
        let (start, end) = (range.start.min(self.length), range.end.min(self.length));
        match &self.spilled {
            Some(spilled) => spilled.read(start..end).ok(),
            None if self.content.len() as u64 != self.length => None,
            None => {
                let at = |byte: u64| usize::try_from(byte).unwrap_or(usize::MAX);
                Some(self.content.slice(at(start)..at(end)))
            }
        }
    }
}

impl Item {
    pub(super) fn new(name: &str, file: Option<File>, now: Timestamp) -> Self {
        let guid = Guid::random(&SystemRandom);
        let id = format!("01{}", guid.to_string().replace('-', "").to_ascii_uppercase());
        let name = name.to_owned();
        Self { id, name, guid, versions: (1, 1), created: now, modified: now, file }
    }

    /// Gives the item another content.
    pub(super) fn replace(&mut self, file: File, now: Timestamp) {
        (self.file, self.modified) = (Some(file), now);
        self.versions = (self.versions.0 + 1, self.versions.1 + 1);
    }

    /// Changes the item and leaves its content as it is.
    pub(super) const fn touch(&mut self) {
        self.versions.0 += 1;
    }

    pub(super) fn etag(&self) -> String {
        format!("\"{{{}}},{}\"", self.guid.to_string().to_ascii_uppercase(), self.versions.0)
    }

    pub(super) fn ctag(&self) -> String {
        format!("\"c:{{{}}},{}\"", self.guid.to_string().to_ascii_uppercase(), self.versions.1)
    }

    /// The driveItem.
    pub(super) fn json(&self, says_hashes: bool) -> Value {
        let second = |time: Timestamp| {
            let text = time.to_string();
            format!("{}Z", text.split('.').next().unwrap_or_default())
        };
        let mut item = json!({
            "id": self.id,
            "name": self.name,
            "eTag": self.etag(),
            "cTag": self.ctag(),
            "createdDateTime": second(self.created),
            "lastModifiedDateTime": second(self.modified),
        });
        match &self.file {
            None => put(&mut item, "folder", json!({ "childCount": 0 })),
            Some(file) => {
                put(&mut item, "size", file.length);
                let mut facet = json!({ "mimeType": file.media_type });
                if says_hashes {
                    let hash = STANDARD.encode(file.hash);
                    put(&mut facet, "hashes", json!({ "quickXorHash": hash }));
                }
                put(&mut item, "file", facet);
            }
        }
        item
    }
}
