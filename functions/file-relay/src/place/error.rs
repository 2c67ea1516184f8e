use std::time::Duration;

use headgate_core::{BodyError, HttpError};
use headgate_entra::TokenError;

use super::s3::AwsKeysError;

/// Why a place did not do what it was asked for.
///
/// No text of it holds a secret, an address with a query, or anything that a place said except its error code.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// There is no such file.
    #[error("there is no such file")]
    NotFound,
    /// The file is not the one that reading began with.
    #[error("the file changed while it was read")]
    Changed,
    /// A file of this name is there, and it may not be replaced.
    #[error("a file of this name is there already")]
    Exists,
    /// What was uploaded so far is gone: the upload begins again.
    #[error("the place no longer knows the upload")]
    UploadLost,
    /// The place has no room.
    #[error("the place has no room for the file")]
    Full,
    /// The place does not take us for somebody who may do this; `detail` is its status and error code.
    #[error("the place refuses access: {detail}")]
    Denied {
        /// Status and error code.
        detail: String,
    },
    /// The place asks for a pause.
    #[error("the place asks for a pause")]
    Throttled {
        /// For how long, if it says so.
        retry_after: Option<Duration>,
    },
    /// It may work later; `detail` is a status, an error code, or a clause of ours.
    #[error("the place does not answer as it should: {detail}")]
    Temporary {
        /// What happened.
        detail: String,
    },
    /// It will not work later either; `detail` is a status, an error code, or a clause of ours.
    #[error("the place refuses: {detail}")]
    Refused {
        /// What happened.
        detail: String,
    },
    /// The place cannot do this at all.
    #[error("the place cannot {0}")]
    Unsupported(&'static str),
    /// What the place says of the file's content is not what was sent or read.
    #[error("the content is not the same: {detail}")]
    Corrupt {
        /// Which length or digest differs.
        detail: String,
    },
    /// No connection, no answer in time, or an answer that is not HTTP.
    #[error(transparent)]
    Http(HttpError),
    /// The content given to the place, or read from it, broke off.
    #[error("the content broke off")]
    Content(#[source] BodyError),
    /// No token for the place.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// No keys of the host's own for the place.
    #[error(transparent)]
    Keys(#[from] AwsKeysError),
}

impl PlaceError {
    /// Whether the same may work later.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        match self {
            Self::Temporary { .. }
            | Self::Throttled { .. }
            | Self::Http(_)
            | Self::Content(_)
            | Self::Keys(AwsKeysError::NotNow) => true,
            Self::Token(error) => error.is_temporary(),
            Self::NotFound
            | Self::Changed
            | Self::Exists
            | Self::UploadLost
            | Self::Full
            | Self::Denied { .. }
            | Self::Refused { .. }
            | Self::Unsupported(_)
            | Self::Corrupt { .. }
            | Self::Keys(AwsKeysError::Absent | AwsKeysError::Unusable | AwsKeysError::Refused) => {
                false
            }
        }
    }
}

impl From<HttpError> for PlaceError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::RequestBody(error) => Self::Content(error),
            error => Self::Http(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_the_places_last_word_is_temporary() {
        let detail = String::new;
        let broke = BodyError::TooLong { limit: 1 };
        for (error, is_temporary) in [
            (PlaceError::Temporary { detail: detail() }, true),
            (PlaceError::Throttled { retry_after: None }, true),
            (PlaceError::Http(HttpError::TimedOut), true),
            (PlaceError::Content(broke), true),
            (PlaceError::Keys(AwsKeysError::NotNow), true),
            (PlaceError::Keys(AwsKeysError::Refused), false),
            (PlaceError::Changed, false),
            (PlaceError::UploadLost, false),
            (PlaceError::Refused { detail: detail() }, false),
            (PlaceError::Unsupported("do it"), false),
        ] {
            assert_eq!(error.is_temporary(), is_temporary, "{error:?}");
        }
    }
}
