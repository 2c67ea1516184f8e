//! Writing: a file beside the target, which gets the target's name by one step.

use std::sync::Arc;

use headgate_core::{Body, Timestamp};
use russh_sftp::protocol::OpenFlags;
use serde::{Deserialize, Serialize};

use super::connection::Connection;
use super::failure::Failure;
use super::known::Known;
use super::open::Open;
use super::paths::Paths;
use super::{read, write};
use crate::file_path::FilePath;
use crate::place::exact::exact;
use crate::place::same::is_same;
use crate::place::{Conflict, Part, PlaceError, Range, Target, Upload, Whole, Written};

/// What an [`Upload`] remembers.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    /// How many bytes the server has answered for. A longer file may have gaps behind them.
    taken: u64,
}

impl Kept {
    fn of(upload: &Upload) -> Result<Self, PlaceError> {
        serde_json::from_str(&upload.id).map_err(|_| PlaceError::UploadLost)
    }

    fn text(&self) -> Result<String, PlaceError> {
        let refused = |_| PlaceError::Refused { detail: "the upload cannot be kept".to_owned() };
        serde_json::to_string(self).map_err(refused)
    }
}

fn lost(failure: Failure) -> PlaceError {
    match failure.into() {
        PlaceError::NotFound => PlaceError::UploadLost,
        error => error,
    }
}

pub(super) async fn begin(
    connection: &Arc<Connection>,
    paths: &Paths,
    target: &Target,
) -> Result<Upload, PlaceError> {
    let path = paths.of(&target.path);
    match connection.file(&path).await.map_err(Into::into) {
        Ok(_) if target.conflict == Conflict::Fail => return Err(PlaceError::Exists),
        // A folder, or a link to one.
        Err(PlaceError::Refused { .. }) => return Err(PlaceError::Exists),
        Ok(_) | Err(PlaceError::NotFound) => {}
        Err(error) => return Err(error),
    }
    let beside = paths.beside(target)?;
    let opened = match fresh(connection, &beside).await {
        Err(Failure(PlaceError::NotFound)) => {
            make_folders(connection, paths, &target.path).await?;
            fresh(connection, &beside).await?
        }
        opened => opened?,
    };
    opened.close().await?;
    let id = Kept { taken: 0 }.text()?;
    Ok(Upload { target: target.clone(), id })
}

/// Makes an empty file: another one each time, so that whoever still writes to an earlier one does no harm.
async fn fresh(connection: &Arc<Connection>, beside: &str) -> Result<Open, Failure> {
    connection.remove(beside).await?;
    let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::EXCLUDE;
    connection.open_file(beside, flags).await
}

async fn make_folders(
    connection: &Connection,
    paths: &Paths,
    path: &FilePath,
) -> Result<(), PlaceError> {
    let mut folders = Vec::new();
    let mut folder = path.parent();
    while !folder.is_root() {
        folders.push(folder.clone());
        folder = folder.parent();
    }
    for folder in folders.iter().rev() {
        connection.make_folder(&paths.of(folder)).await?;
    }
    Ok(())
}

/// Writes a part.
///
/// What is there is written over, and nothing is cut off: a part has the same bytes each time, and somebody who writes the file as well may be further.
/// The first part alone may be of another content than the time before, so it gets another file where something was written.
pub(super) async fn write(
    connection: &Arc<Connection>,
    paths: &Paths,
    upload: &mut Upload,
    part: Part,
    content: Body,
) -> Result<(), PlaceError> {
    let mut kept = Kept::of(upload)?;
    let beside = paths.beside(&upload.target)?;
    let mut file = connection.open_file(&beside, OpenFlags::WRITE).await.map_err(lost)?;
    let there = file.known().await?.length;
    if there < part.offset {
        return Err(PlaceError::UploadLost);
    }
    if part.offset == 0 && there > 0 {
        file.close().await?;
        file = fresh(connection, &beside).await?;
    }
    let content = match part.length {
        Some(length) => exact(content, length),
        None => content,
    };
    let written = match write::write(&file, part.offset, content).await {
        Err(PlaceError::Temporary { .. })
            if connection.is_open()
                && connection.is_full(&paths.of(&FilePath::default())).await =>
        {
            return Err(PlaceError::Full);
        }
        written => written?,
    };
    file.sync().await?;
    let known = file.known().await?;
    file.close().await?;
    if known.length < written {
        let detail = format!("the file has {} bytes and not {written}", known.length);
        return Err(PlaceError::Temporary { detail });
    }
    kept.taken = written;
    upload.id = kept.text()?;
    Ok(())
}

pub(super) async fn held(
    connection: &Connection,
    paths: &Paths,
    upload: &Upload,
) -> Result<u64, PlaceError> {
    let kept = Kept::of(upload)?;
    match connection.file(&paths.beside(&upload.target)?).await.map_err(lost) {
        Ok(known) if known.length >= kept.taken => Ok(kept.taken),
        Ok(_) => Err(PlaceError::UploadLost),
        Err(PlaceError::UploadLost) => {
            // Whether it is the same file is looked at before it counts as committed.
            let placed = placed(connection, paths, upload, kept.taken).await?;
            placed.map(|_| kept.taken).ok_or(PlaceError::UploadLost)
        }
        Err(error) => Err(error),
    }
}

/// The target, if it may be the upload's own file by now: as long.
async fn placed(
    connection: &Connection,
    paths: &Paths,
    upload: &Upload,
    length: u64,
) -> Result<Option<Known>, PlaceError> {
    match connection.file(&paths.of(&upload.target.path)).await.map_err(Into::into) {
        Ok(known) => Ok(Some(known).filter(|known| known.length == length)),
        Err(PlaceError::NotFound | PlaceError::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The target, once it is found to have the content that was sent: somebody else's may be as long, and of the same second.
async fn committed(
    connection: &Arc<Connection>,
    paths: &Paths,
    upload: &Upload,
    whole: &Whole,
    now: Timestamp,
) -> Result<Written, PlaceError> {
    let found = placed(connection, paths, upload, whole.length).await?;
    let known = found.ok_or(PlaceError::UploadLost)?;
    let path = paths.of(&upload.target.path);
    let opened = read::open(Arc::clone(connection), path, Range::default(), None, now).await?;
    match is_same(opened.body, whole).await? {
        true => Ok(known.written()),
        false => Err(PlaceError::UploadLost),
    }
}

pub(super) async fn commit(
    connection: &Arc<Connection>,
    paths: &Paths,
    upload: &Upload,
    whole: &Whole,
    now: Timestamp,
) -> Result<Written, PlaceError> {
    let (beside, path) = (paths.beside(&upload.target)?, paths.of(&upload.target.path));
    let known = match connection.file(&beside).await.map_err(lost) {
        Err(PlaceError::UploadLost) => {
            return committed(connection, paths, upload, whole, now).await;
        }
        known => known?,
    };
    if known.length != whole.length {
        let detail = format!("the file has {} bytes and not {}", known.length, whole.length);
        return Err(PlaceError::Corrupt { detail });
    }
    match upload.target.conflict {
        Conflict::Replace => connection.replace(&beside, &path).await?,
        Conflict::Fail => {
            if let Err(failure) = connection.rename(&beside, &path).await {
                // The protocol has no word for it: a failure, and somebody has the name.
                let is_taken = connection.is_open() && connection.is_there(&path).await?;
                return Err(if is_taken { PlaceError::Exists } else { failure.into() });
            }
        }
    }
    Ok(known.written())
}

pub(super) async fn abort(
    connection: &Connection,
    paths: &Paths,
    upload: &Upload,
) -> Result<(), PlaceError> {
    Ok(connection.remove(&paths.beside(&upload.target)?).await?)
}
