//! What a server says of a collection (RFC 4918 §9.1).

use percent_encoding::percent_decode_str;
use roxmltree::Node;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::file_path::FilePath;
use crate::place::mark::is_temporary;
use crate::place::{PlaceError, xml};

/// What is asked for.
pub(super) const ASKED: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
    <propfind xmlns=\"DAV:\"><prop><resourcetype/></prop></propfind>";

/// Where the list of a tree is: each collection is asked by itself, for not every server answers to a depth of infinity (§9.1).
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// The folders that are not listed; the last one is next.
    folders: Vec<FilePath>,
}

impl Cursor {
    pub(super) fn at(folder: &FilePath) -> Self {
        Self { folders: vec![folder.clone()] }
    }

    pub(super) fn read(text: &str) -> Result<Self, PlaceError> {
        let refused =
            |_| PlaceError::Refused { detail: "the list does not go on there".to_owned() };
        serde_json::from_str(text).map_err(refused)
    }

    /// The next folder.
    pub(super) fn next(&mut self) -> Option<FilePath> {
        self.folders.pop()
    }

    /// Takes what stands in a folder, and gives its files.
    pub(super) fn take(
        &mut self,
        folder: &FilePath,
        members: Vec<Member>,
    ) -> Result<Vec<FilePath>, PlaceError> {
        let (mut files, mut folders) = (Vec::new(), Vec::new());
        for Member { name, is_collection } in members {
            let path = match name.is_empty() || name.contains('/') {
                true => Err("a name in a folder is none".to_owned()),
                false => FilePath::new(&name)
                    .and_then(|name| folder.join(&name))
                    .map_err(|error| error.to_string()),
            };
            let path = path.map_err(|detail| PlaceError::Refused { detail })?;
            if is_collection { folders.push(path) } else { files.push(path) }
        }
        files.retain(|file| !is_temporary(file.name()));
        self.folders.extend(folders.into_iter().rev());
        Ok(files)
    }

    /// `None` when everything is listed.
    pub(super) fn into_text(self) -> Option<String> {
        if self.folders.is_empty() { None } else { serde_json::to_string(&self).ok() }
    }
}

/// What stands in a collection.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) is_collection: bool,
}

/// Reads the answer to a `PROPFIND` of depth 1 of the collection at `address`.
pub(super) fn members(answer: &[u8], address: &Url) -> Result<Vec<Member>, PlaceError> {
    let document = xml::document(answer)?;
    let root = document.root_element();
    if root.tag_name().name() != "multistatus" {
        return Err(PlaceError::Temporary { detail: "its answer is no list".to_owned() });
    }
    let below = segments(address);
    let member = |response: Node<'_, '_>| {
        let href = address.join(xml::text(response, "href")?.trim()).ok()?;
        let path = segments(&href);
        // The first is the collection itself.
        let [name] = path.strip_prefix(below.as_slice())? else { return None };
        Some(Member { name: name.clone(), is_collection: is_collection(response) })
    };
    Ok(xml::children(root, "response").filter_map(member).collect())
}

fn is_collection(response: Node<'_, '_>) -> bool {
    let kind = |propstat| xml::child(xml::child(propstat, "prop")?, "resourcetype");
    xml::children(response, "propstat")
        .filter_map(kind)
        .any(|kind| xml::child(kind, "collection").is_some())
}

/// A path's segments without their encoding, which each server does in its own way.
fn segments(url: &Url) -> Vec<String> {
    let segments = url.path().split('/').filter(|segment| !segment.is_empty());
    segments.map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Url {
        Url::parse("https://a.example/d%61v/in%20box/").unwrap()
    }

    fn response(href: &str, kind: &str) -> String {
        format!(
            "<D:response><D:href>{href}</D:href><D:propstat><D:prop><D:resourcetype>{kind}</D:resourcetype></D:prop>\
             <D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
        )
    }

    fn read(responses: &[String]) -> Vec<(String, bool)> {
        let answer =
            format!("<D:multistatus xmlns:D=\"DAV:\">{}</D:multistatus>", responses.concat());
        let members = members(answer.as_bytes(), &address()).unwrap();
        members.into_iter().map(|member| (member.name, member.is_collection)).collect()
    }

    #[test]
    fn members_are_read_however_their_addresses_are_written() {
        let read = read(&[
            response("/dav/in%20box/", "<D:collection/>"),
            response("/dav/in%20box/a%2bb.txt", ""),
            response("https://a.example/dav/in box/%C3%BC/", "<D:collection/>"),
            response("c&amp;d", ""),
            response("/dav/in%20box/e/f", ""),
            response("/dav/in%20box/../g", ""),
            response("/dav/", "<D:collection/>"),
            "<D:response/>".to_owned(),
        ]);
        let expected = [("a+b.txt", false), ("ü", true), ("c&d", false)];
        assert_eq!(read, expected.map(|(name, is)| (name.to_owned(), is)));
    }

    #[test]
    fn an_answer_that_is_no_list_is_an_error() {
        for answer in ["", "<a/>", "<multistatus>"] {
            assert!(members(answer.as_bytes(), &address()).is_err(), "{answer}");
        }
    }

    #[test]
    fn a_tree_is_listed_folder_by_folder() {
        let path = |text: &str| FilePath::new(text).unwrap();
        let member = |name: &str, is_collection| Member { name: name.to_owned(), is_collection };
        let mut cursor = Cursor::at(&path("a"));
        let folder = cursor.next().unwrap();
        let members = vec![
            member("b", true),
            member("c.txt", false),
            member("d", true),
            member(&crate::place::mark::temporary("r"), false),
        ];
        assert_eq!(cursor.take(&folder, members).unwrap(), [path("a/c.txt")]);
        let mut cursor = Cursor::read(&cursor.into_text().unwrap()).unwrap();
        assert_eq!(cursor.next(), Some(path("a/b")));
        assert_eq!(cursor.next(), Some(path("a/d")));
        assert_eq!(cursor.into_text(), None);
        for name in ["a/b", "", "..", "a\\b"] {
            let taken = Cursor::at(&path("x")).take(&path("x"), vec![member(name, false)]);
            assert!(matches!(taken, Err(PlaceError::Refused { .. })), "{name}");
        }
    }
}
