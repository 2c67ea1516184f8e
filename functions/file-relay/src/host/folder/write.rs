use std::io::{self, ErrorKind, Seek, SeekFrom, Write};

use bytes::Bytes;
use cap_std::fs::{Dir, File, OpenOptions};
use headgate_core::Body;
use http_body_util::BodyExt;
use tokio::sync::mpsc;

use super::failure::{lost, of_io};
use super::known::Known;
use crate::file_path::FilePath;
use crate::place::exact::exact;
use crate::place::mark::beside;
use crate::place::{Conflict, Part, PlaceError, Target, Upload, Written};

/// What is behind the name of a file that is just being made.
const FRESH: &str = ".part";

fn failed(error: io::Error) -> PlaceError {
    of_io(&error)
}

/// Begins with an empty file beside the target.
pub(super) fn begin(dir: &Dir, target: Target) -> Result<Upload, PlaceError> {
    let beside = beside(&target)?;
    if !target.path.parent().is_root() {
        dir.create_dir_all(target.path.parent().as_str()).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => PlaceError::Refused {
                detail: "a file, or a link out of the folder, is where a folder has to be"
                    .to_owned(),
            },
            _ => failed(error),
        })?;
    }
    match dir.symlink_metadata(target.path.as_str()) {
        Ok(there) if target.conflict == Conflict::Fail || there.is_dir() => {
            return Err(PlaceError::Exists);
        }
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let id = fresh(dir, &beside)?;
    Ok(Upload { target, id })
}

/// Makes an empty file, and gives its number: another one each time, so that whoever still writes to an earlier one does no harm.
fn fresh(dir: &Dir, beside: &FilePath) -> Result<String, PlaceError> {
    let fresh = format!("{beside}{FRESH}");
    remove(dir, &fresh)?;
    let options = OpenOptions::new().write(true).create_new(true).clone();
    let file = dir.open_with(&fresh, &options).map_err(failed)?;
    let number = Known::from(&file.metadata().map_err(failed)?).number;
    // The earlier one is there until this one is, so that they have two numbers.
    dir.rename(&fresh, dir, beside.as_str()).map_err(failed)?;
    Ok(number)
}

fn remove(dir: &Dir, path: &str) -> Result<(), PlaceError> {
    match dir.remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(error)),
        _ => Ok(()),
    }
}

/// What is known of an upload's own file.
fn own(dir: &Dir, upload: &Upload) -> Result<Known, PlaceError> {
    match Known::of(dir, beside(&upload.target)?.as_str()) {
        Ok(known) if known.number == upload.id => Ok(known),
        Ok(_) | Err(PlaceError::NotFound) => Err(PlaceError::UploadLost),
        Err(error) => Err(error),
    }
}

/// Whether the target is the upload's own file by now.
fn placed(dir: &Dir, upload: &Upload) -> Option<Known> {
    let known = Known::of(dir, upload.target.path.as_str()).ok()?;
    (!upload.id.is_empty() && known.number == upload.id).then_some(known)
}

pub(super) fn held(dir: &Dir, upload: &Upload) -> Result<u64, PlaceError> {
    match own(dir, upload) {
        Err(PlaceError::UploadLost) => {
            placed(dir, upload).map(|known| known.length).ok_or(PlaceError::UploadLost)
        }
        known => Ok(known?.length),
    }
}

/// Opens an upload's own file where a part begins, and gives its number.
///
/// What is there is written over, and nothing is cut off: a part has the same bytes each time, and somebody who writes the file as well may be further.
/// The first part alone may be of another content than the time before, so it gets another file where something was written.
pub(super) fn open(dir: &Dir, upload: &Upload, offset: u64) -> Result<(File, String), PlaceError> {
    let length = own(dir, upload)?.length;
    if length < offset {
        return Err(PlaceError::UploadLost);
    }
    let beside = beside(&upload.target)?;
    let number = match offset == 0 && length > 0 {
        true => fresh(dir, &beside)?,
        false => upload.id.clone(),
    };
    let options = OpenOptions::new().write(true).clone();
    let mut file = dir.open_with(beside.as_str(), &options).map_err(failed)?;
    // Somebody may have begun another one just now.
    if Known::from(&file.metadata().map_err(failed)?).number != number {
        return Err(PlaceError::UploadLost);
    }
    file.seek(SeekFrom::Start(offset)).map_err(failed)?;
    Ok((file, number))
}

/// Writes a part, on a thread of its own that is given one piece after the other.
pub(super) async fn part(file: File, part: Part, content: Body) -> Result<(), PlaceError> {
    let mut content = match part.length {
        Some(length) => exact(content, length),
        None => content,
    };
    let (sender, receiver) = mpsc::channel(1);
    let writer = tokio::task::spawn_blocking(move || take(file, receiver));
    let mut broken = None;
    while let Some(frame) = content.frame().await {
        match frame.map(http_body::Frame::into_data) {
            Ok(Ok(piece)) => {
                if sender.send(piece).await.is_err() {
                    break;
                }
            }
            Ok(Err(_)) => {}
            Err(error) => {
                broken = Some(error);
                break;
            }
        }
    }
    drop(sender);
    let written = writer.await.map_err(|_| lost())?;
    match broken {
        Some(error) => Err(PlaceError::Content(error)),
        None => written,
    }
}

fn take(mut file: File, mut pieces: mpsc::Receiver<Bytes>) -> Result<(), PlaceError> {
    while let Some(piece) = pieces.blocking_recv() {
        file.write_all(&piece).map_err(failed)?;
    }
    file.sync_data().map_err(failed)
}

pub(super) fn commit(dir: &Dir, upload: &Upload, length: u64) -> Result<Written, PlaceError> {
    let (beside, path) = (beside(&upload.target)?, &upload.target.path);
    let known = match own(dir, upload) {
        Err(PlaceError::UploadLost) => {
            return placed(dir, upload).map(|known| known.written()).ok_or(PlaceError::UploadLost);
        }
        known => known?,
    };
    if known.length != length {
        let detail = format!("the file has {} bytes and not {length}", known.length);
        return Err(PlaceError::Corrupt { detail });
    }
    match upload.target.conflict {
        Conflict::Replace => dir.rename(beside.as_str(), dir, path.as_str()).map_err(failed)?,
        Conflict::Fail => {
            place_new(dir, &beside, upload)?;
            remove(dir, beside.as_str())?;
        }
    }
    sync(dir, &path.parent());
    Ok(known.written())
}

/// Gives the file its name, if nobody else has it.
fn place_new(dir: &Dir, beside: &FilePath, upload: &Upload) -> Result<(), PlaceError> {
    let path = upload.target.path.as_str();
    match dir.hard_link(beside.as_str(), dir, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            // Linked the time before, perhaps, and not yet taken away.
            placed(dir, upload).map(|_| ()).ok_or(PlaceError::Exists)
        }
        Err(error) if knows_no_links(&error) => match dir.symlink_metadata(path) {
            Ok(_) => Err(PlaceError::Exists),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                dir.rename(beside.as_str(), dir, path).map_err(failed)
            }
            Err(error) => Err(failed(error)),
        },
        Err(error) => Err(failed(error)),
    }
}

fn knows_no_links(error: &io::Error) -> bool {
    // Linux says EPERM for a file system without hard links.
    matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied)
}

/// Makes a new name last. A file system that cannot is one that does it by itself.
fn sync(dir: &Dir, folder: &FilePath) {
    let path = if folder.is_root() { "." } else { folder.as_str() };
    if let Ok(folder) = dir.open(path) {
        let _ = folder.sync_all();
    }
}

/// Takes away what has the upload's name, whatever its number: nothing else has that name, and of a part that was begun again by
/// a process that is gone nobody knows the number.
pub(super) fn abort(dir: &Dir, upload: &Upload) -> Result<(), PlaceError> {
    remove(dir, beside(&upload.target)?.as_str())
}
