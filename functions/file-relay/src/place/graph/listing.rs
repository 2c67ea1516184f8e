use serde::{Deserialize, Serialize};
use url::Url;

use super::item::DriveItem;
use crate::file_path::{FilePath, FilePathError};
use crate::place::PlaceError;

/// Where the listing of a tree is: Graph lists one folder at a time.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// The folders that are not listed to their end; the last one is next.
    folders: Vec<FilePath>,
    /// The query of that folder's next page, as Graph says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    value: Vec<DriveItem>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

const FIRST: &str = "$select=id,name,size,file,folder&$top=200";

impl Cursor {
    pub(super) fn at(folder: &FilePath) -> Self {
        Self { folders: vec![folder.clone()], page: None }
    }

    pub(super) fn read(text: &str) -> Result<Self, PlaceError> {
        let refused =
            |_| PlaceError::Refused { detail: "the list does not go on there".to_owned() };
        serde_json::from_str(text).map_err(refused)
    }

    /// `None` when everything is listed.
    pub(super) fn into_text(self) -> Option<String> {
        if self.folders.is_empty() { None } else { serde_json::to_string(&self).ok() }
    }

    /// The folder to list.
    pub(super) fn folder(&self) -> Option<FilePath> {
        self.folders.last().cloned()
    }

    /// The query for its page.
    pub(super) fn query(&self) -> &str {
        self.page.as_deref().unwrap_or(FIRST)
    }

    /// Takes a page, and gives its files.
    pub(super) fn turn(&mut self, body: &[u8]) -> Result<Vec<FilePath>, PlaceError> {
        let wrong = || PlaceError::Temporary { detail: "its answer is no list".to_owned() };
        let page: Page = serde_json::from_slice(body).map_err(|_| wrong())?;
        let Some(folder) = self.folders.pop() else { return Ok(Vec::new()) };
        let (mut files, mut folders) = (Vec::new(), Vec::new());
        // What is neither is a notebook or another such thing, which has no content of its own.
        for item in page.value.iter().filter(|item| item.is_file() || item.is_folder()) {
            let path = match item.name.as_str() {
                "" => Err(FilePathError::Segment),
                name if name.contains('/') => Err(FilePathError::Character),
                name => FilePath::new(name).and_then(|name| folder.join(&name)),
            };
            let path = path.map_err(|error| PlaceError::Refused { detail: error.to_string() })?;
            if item.is_file() { files.push(path) } else { folders.push(path) }
        }
        // Below the folder itself, as long as that has more pages: so each is listed once.
        folders.reverse();
        self.page = match page.next {
            None => None,
            // Only what stands behind the path is followed: the address is ours.
            Some(link) => {
                let link = Url::parse(&link).map_err(|_| wrong())?;
                Some(link.query().ok_or_else(wrong)?.to_owned())
            }
        };
        self.folders.extend(folders);
        if self.page.is_some() {
            self.folders.push(folder);
        }
        Ok(files)
    }

    /// Passes the folder over.
    pub(super) fn leave(&mut self) -> Vec<FilePath> {
        self.folders.pop();
        self.page = None;
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(text: &str) -> FilePath {
        FilePath::new(text).unwrap()
    }

    #[test]
    fn a_tree_is_listed_folder_by_folder_and_page_by_page() {
        let mut cursor = Cursor::at(&path("a"));
        let page = json!({
            "value": [
                { "id": "1", "name": "b", "folder": {} },
                { "id": "2", "name": "c.txt", "file": {} },
                { "id": "3", "name": "notes", "package": { "type": "oneNote" } },
            ],
            "@odata.nextLink": "https://elsewhere.example/v1.0/me?$skiptoken=x&$top=200",
        });
        assert_eq!(cursor.turn(page.to_string().as_bytes()).unwrap(), [path("a/c.txt")]);
        let mut cursor = Cursor::read(&cursor.into_text().unwrap()).unwrap();
        assert_eq!(cursor.folder(), Some(path("a")));
        assert_eq!(cursor.query(), "$skiptoken=x&$top=200");
        assert_eq!(cursor.turn(br#"{"value":[]}"#).unwrap(), []);
        assert_eq!((cursor.folder(), cursor.query()), (Some(path("a/b")), FIRST));
        assert_eq!(
            cursor.turn(br#"{"value":[{"id":"4","name":"d","file":{}}]}"#).unwrap(),
            [path("a/b/d")]
        );
        assert_eq!(cursor.into_text(), None);
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_no_name() {
        for name in ["..", "", "a/b", "a\\b"] {
            let page = json!({ "value": [{ "id": "1", "name": name, "file": {} }] });
            let turned = Cursor::at(&path("x")).turn(page.to_string().as_bytes());
            assert!(matches!(turned, Err(PlaceError::Refused { .. })), "{name}");
        }
    }
}
