use russh_sftp::client::error::Error;
use russh_sftp::protocol::{FileType, StatusCode};
use serde::{Deserialize, Serialize};

use super::connection::Connection;
use super::paths::Paths;
use crate::file_path::FilePath;
use crate::place::mark::is_temporary;
use crate::place::{Listing, PlaceError};

/// Where the listing of a tree is: the folders that are not listed; the last one is next.
#[derive(Serialize, Deserialize)]
struct Cursor(Vec<FilePath>);

/// Lists the files below a folder, a folder at a time in the order of the names. Links are not followed.
pub(super) async fn page(
    connection: &Connection,
    paths: &Paths,
    prefix: &FilePath,
    after: Option<&str>,
) -> Result<Listing, PlaceError> {
    let refused = |detail: String| PlaceError::Refused { detail };
    let Cursor(mut waiting) = match after {
        None => Cursor(vec![prefix.clone()]),
        Some(text) => serde_json::from_str(text)
            .map_err(|_| refused("the list does not go on there".to_owned()))?,
    };
    let Some(folder) = waiting.pop() else { return Ok(Listing::default()) };
    let mut names = match names(connection, &paths.of(&folder)).await {
        // A folder that was there when its parent was listed.
        Err(PlaceError::NotFound) if after.is_some() => Vec::new(),
        names => names?,
    };
    names.sort();
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for (name, is_folder) in names {
        let path = FilePath::new(&name).and_then(|name| folder.join(&name));
        let path = path.map_err(|error| refused(error.to_string()))?;
        if is_folder { folders.push(path) } else { files.push(path) }
    }
    folders.reverse();
    waiting.extend(folders);
    let next = match waiting.is_empty() {
        true => None,
        false => serde_json::to_string(&Cursor(waiting)).ok(),
    };
    Ok(Listing { files, next })
}

/// The names of the files and folders of a folder, and which are folders.
async fn names(connection: &Connection, path: &str) -> Result<Vec<(String, bool)>, PlaceError> {
    let session = connection.session();
    let handle = session.opendir(path).await.map_err(|error| connection.failure(&error))?.handle;
    let mut names = Vec::new();
    let read = loop {
        match session.readdir(handle.as_str()).await {
            Ok(page) => {
                for file in page.files {
                    let kind = file.attrs.file_type();
                    let is_own = matches!(file.filename.as_str(), "." | "..")
                        || is_temporary(&file.filename);
                    if !is_own && matches!(kind, FileType::File | FileType::Dir) {
                        names.push((file.filename, kind == FileType::Dir));
                    }
                }
            }
            Err(Error::Status(status)) if status.status_code == StatusCode::Eof => break Ok(()),
            Err(error) => break Err(connection.failure(&error)),
        }
    };
    let _ = session.close(handle).await;
    read?;
    Ok(names)
}
