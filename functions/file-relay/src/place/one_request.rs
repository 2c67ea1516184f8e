//! What servers have in common that take a file as a whole, in one request.

use serde::{Deserialize, Serialize};

use super::{Cut, Part, PlaceError, Stat, Upload};

/// What an [`Upload`] remembers once the server took the file.
#[derive(Serialize, Deserialize)]
pub(crate) struct Taken {
    pub(crate) length: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) etag: Option<String>,
}

impl Taken {
    /// What an upload remembers; nothing as long as the server has not taken the file.
    pub(crate) fn of(upload: &Upload) -> Option<Self> {
        serde_json::from_str(&upload.id).ok()
    }

    /// The id of the upload that remembers this.
    pub(crate) fn id(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// How a file is cut: not at all. `chunked`: whether one may be sent whose length is not known before.
///
/// # Errors
///
/// [`PlaceError::Refused`] for a file of unknown length where that may not be.
pub(crate) fn cut(length: Option<u64>, chunked: bool) -> Result<Cut, PlaceError> {
    if length.is_none() && !chunked {
        let detail = "it takes no file whose length is not known before".to_owned();
        return Err(PlaceError::Refused { detail });
    }
    Ok(Cut { size: None, needs_length: !chunked })
}

/// Judges whether a name is free, by what looking at it told.
///
/// # Errors
///
/// [`PlaceError::Exists`] when it is not, and what kept the server from telling.
pub(crate) fn is_free(found: Result<Stat, PlaceError>) -> Result<(), PlaceError> {
    match found {
        Ok(_) => Err(PlaceError::Exists),
        // Who may write may not always read.
        Err(PlaceError::NotFound | PlaceError::Denied { .. } | PlaceError::Refused { .. }) => {
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Judges whether a part is the whole file.
///
/// # Errors
///
/// [`PlaceError::Unsupported`] for one of several.
pub(crate) fn is_whole(part: Part) -> Result<(), PlaceError> {
    if part.index != 0 || !part.last {
        return Err(PlaceError::Unsupported("take a file in parts"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use headgate_core::HttpError;

    use super::*;

    #[test]
    fn a_name_counts_as_free_where_nobody_may_look() {
        let detail = String::new;
        for error in [
            PlaceError::NotFound,
            PlaceError::Denied { detail: detail() },
            PlaceError::Refused { detail: detail() },
        ] {
            assert!(is_free(Err(error)).is_ok());
        }
        assert!(matches!(is_free(Ok(Stat::default())), Err(PlaceError::Exists)));
        let unknown = is_free(Err(PlaceError::Http(HttpError::TimedOut)));
        assert!(matches!(unknown, Err(PlaceError::Http(_))));
    }

    #[test]
    fn a_part_is_the_file_if_it_is_the_first_and_the_last() {
        let part = |index, last| Part { index, offset: 0, length: None, last };
        assert!(is_whole(part(0, true)).is_ok());
        assert!(is_whole(part(0, false)).is_err());
        assert!(is_whole(part(1, true)).is_err());
    }
}
