//! Names that a store of objects lists.

use super::PlaceError;
use crate::file_path::FilePath;

/// The path of a file by its name below a root and its length, as the store writes it; none where the name stands for a folder: the root itself, or
/// an empty object whose name ends with a slash.
///
/// # Errors
///
/// [`PlaceError::Refused`] for a name that is no path of a file.
pub(crate) fn listed(name: &str, length: Option<&str>) -> Result<Option<FilePath>, PlaceError> {
    let is_folder = name.ends_with('/') && length.is_none_or(|length| length == "0");
    if name.is_empty() || is_folder {
        return Ok(None);
    }
    let refused = |error| PlaceError::Refused { detail: format!("of a file in its list, {error}") };
    FilePath::new(name).map(Some).map_err(refused)
}
