use serde::Deserialize;

use crate::digest::{Algorithm, Digest};
use crate::place::{PlaceError, Stat, Written};

/// A driveItem, as far as a file's content goes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DriveItem {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    pub(super) size: Option<u64>,
    #[serde(rename = "eTag")]
    etag: Option<String>,
    #[serde(rename = "cTag")]
    ctag: Option<String>,
    file: Option<FileFacet>,
    folder: Option<Facet>,
    #[serde(rename = "@microsoft.graph.downloadUrl")]
    download: Option<Address>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FileFacet {
    mime_type: Option<String>,
    #[serde(default)]
    hashes: Hashes,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Hashes {
    quick_xor_hash: Option<String>,
    sha256_hash: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Facet {}

/// An address that everybody can read from who knows it.
#[derive(Deserialize)]
struct Address(String);

impl std::fmt::Debug for Address {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Address(…)")
    }
}

impl DriveItem {
    /// What is asked for of an item.
    pub(super) const SELECT: &'static str =
        "$select=id,name,size,eTag,cTag,file,folder,@microsoft.graph.downloadUrl";

    pub(super) fn read(body: &[u8]) -> Result<Self, PlaceError> {
        let refused = |_| PlaceError::Temporary { detail: "its answer is no driveItem".to_owned() };
        serde_json::from_slice(body).map_err(refused)
    }

    pub(super) const fn is_file(&self) -> bool {
        self.file.is_some()
    }

    pub(super) const fn is_folder(&self) -> bool {
        self.folder.is_some()
    }

    /// Where its content is to be had, without a token.
    pub(super) fn address(&self) -> Option<&str> {
        self.download.as_ref().map(|address| address.0.as_str())
    }

    /// What tells its content from any other.
    pub(super) fn validator(&self) -> Option<&str> {
        self.ctag.as_deref().or(self.etag.as_deref())
    }

    pub(super) fn digests(&self) -> Vec<Digest> {
        let Some(file) = &self.file else { return Vec::new() };
        let read = |algorithm, text: &Option<String>| {
            let text = text.as_deref()?.trim();
            Digest::from_base64(algorithm, text).or_else(|| Digest::from_hex(algorithm, text))
        };
        let quick_xor = read(Algorithm::QuickXor, &file.hashes.quick_xor_hash);
        let sha256 = read(Algorithm::Sha256, &file.hashes.sha256_hash);
        quick_xor.into_iter().chain(sha256).collect()
    }

    pub(super) fn stat(&self) -> Result<Stat, PlaceError> {
        let Some(file) = &self.file else {
            return Err(PlaceError::Refused { detail: "it is no file but a folder".to_owned() });
        };
        Ok(Stat {
            length: self.size,
            content_type: file.mime_type.clone(),
            etag: self.etag.clone(),
            validator: self.validator().map(str::to_owned),
            digests: self.digests(),
        })
    }

    pub(super) fn written(&self) -> Written {
        Written { etag: self.etag.clone(), digests: self.digests(), length: self.size }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item(value: &serde_json::Value) -> DriveItem {
        DriveItem::read(value.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_files_content_is_told_by_its_ctag() {
        let mut value = json!({
            "@odata.context": "…",
            "id": "01",
            "name": "a.txt",
            "size": 1,
            "eTag": "\"{A},2\"",
            "cTag": "\"c:{A},1\"",
            "@microsoft.graph.downloadUrl": "https://a.example/?tempauth=hunter2",
            "file": { "mimeType": "text/plain", "hashes": { "quickXorHash": "SgAAAAAAAAAAAAAAAQAAAAAAAAA=", "sha1Hash": "00" } },
        });
        let found = item(&value);
        assert!(!format!("{found:?}").contains("hunter2"));
        let stat = found.stat().unwrap();
        assert_eq!(stat.validator.as_deref(), Some("\"c:{A},1\""));
        assert_eq!(stat.etag.as_deref(), Some("\"{A},2\""));
        assert_eq!(stat.digests.len(), 1);
        assert_eq!(stat.digests[0].value[0], 0x4a);
        value.as_object_mut().unwrap().remove("cTag");
        assert_eq!(item(&value).validator(), Some("\"{A},2\""));
    }

    #[test]
    fn a_folder_is_no_file() {
        let folder = item(&json!({ "id": "01", "name": "a", "folder": { "childCount": 3 } }));
        assert!(folder.is_folder() && matches!(folder.stat(), Err(PlaceError::Refused { .. })));
        assert!(DriveItem::read(b"[]").is_err());
    }
}
