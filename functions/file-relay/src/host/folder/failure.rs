use std::io::{Error, ErrorKind};

use crate::place::PlaceError;

/// What an error of the operating system means for a file.
pub(super) fn of_io(error: &Error) -> PlaceError {
    let detail = || error.kind().to_string();
    match error.kind() {
        ErrorKind::NotFound => PlaceError::NotFound,
        ErrorKind::AlreadyExists => PlaceError::Exists,
        // A link out of the folder is refused so as well.
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            PlaceError::Denied { detail: detail() }
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            PlaceError::Full
        }
        ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::InvalidFilename
        | ErrorKind::InvalidInput
        | ErrorKind::ArgumentListTooLong => PlaceError::Refused { detail: detail() },
        _ => PlaceError::Temporary { detail: detail() },
    }
}

/// The work on a file ended without a result.
pub(super) fn lost() -> PlaceError {
    PlaceError::Temporary { detail: "the work on the file was given up".to_owned() }
}
