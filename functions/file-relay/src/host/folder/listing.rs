use cap_std::fs::Dir;
use serde::{Deserialize, Serialize};

use super::failure::of_io;
use crate::file_path::{FilePath, FilePathError};
use crate::place::mark::is_temporary;
use crate::place::{Listing, PlaceError};

/// How many names of a folder are on a page.
const MOST: usize = 1_000;

/// Where the listing of a tree is.
#[derive(Serialize, Deserialize)]
struct Cursor {
    /// The folders that are not listed to their end; the last one is next.
    folders: Vec<FilePath>,
    /// The last name of that folder that was listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

/// Lists the files below a folder, folder by folder in the order of the names. Links are not followed.
pub(super) fn page(
    dir: &Dir,
    prefix: &FilePath,
    after: Option<&str>,
) -> Result<Listing, PlaceError> {
    let refused = |detail: String| PlaceError::Refused { detail };
    let mut cursor = match after {
        None => Cursor { folders: vec![prefix.clone()], after: None },
        Some(text) => serde_json::from_str(text)
            .map_err(|_| refused("the list does not go on there".to_owned()))?,
    };
    let Some(folder) = cursor.folders.pop() else { return Ok(Listing::default()) };
    let mut names = match names(dir, &folder) {
        // A folder that was there when its parent was listed.
        Err(PlaceError::NotFound) if after.is_some() => Vec::new(),
        names => names?,
    };
    let done = cursor.after.take();
    names.retain(|(name, _)| done.as_ref().is_none_or(|done| name > done));
    names.sort();
    let has_more = names.len() > MOST;
    names.truncate(MOST);
    let last = names.last().map(|(name, _)| name.clone());
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for (name, is_folder) in names {
        let path = FilePath::new(&name).and_then(|name| folder.join(&name));
        let path = path.map_err(|error: FilePathError| refused(error.to_string()))?;
        if is_folder { folders.push(path) } else { files.push(path) }
    }
    folders.reverse();
    cursor.folders.extend(folders);
    if has_more {
        cursor.folders.push(folder);
        cursor.after = last;
    }
    let next = match cursor.folders.is_empty() {
        true => None,
        false => serde_json::to_string(&cursor).ok(),
    };
    Ok(Listing { files, next })
}

/// The names of the files and folders of a folder, and which are folders.
fn names(dir: &Dir, folder: &FilePath) -> Result<Vec<(String, bool)>, PlaceError> {
    let path = if folder.is_root() { "." } else { folder.as_str() };
    let mut names = Vec::new();
    for entry in dir.read_dir(path).map_err(|error| of_io(&error))? {
        let entry = entry.map_err(|error| of_io(&error))?;
        let kind = entry.file_type().map_err(|error| of_io(&error))?;
        if !kind.is_file() && !kind.is_dir() {
            continue;
        }
        let name = entry.file_name().into_string();
        let none = |_| PlaceError::Refused { detail: "a name is not UTF-8".to_owned() };
        let name = name.map_err(none)?;
        if !is_temporary(&name) {
            names.push((name, kind.is_dir()));
        }
    }
    Ok(names)
}
