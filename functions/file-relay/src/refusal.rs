//! Every way in which the function says no, and the one match that chooses a status.

use std::time::Duration;

use headgate_core::idempotency_key::NotAKey;
use headgate_core::reply::with_outcome;
use headgate_core::{Body, Problem};
use http::header::CONTENT_RANGE;
use http::{HeaderValue, Response, StatusCode};

use crate::chunked::ChunkedError;
use crate::content::ContentError;
use crate::file_path::FilePathError;
use crate::place::PlaceError;
use crate::place::s3::AwsKeysError;
use crate::relay::{Failure, RecordError};
use crate::request::RequestError;

/// Why a request is not answered as it was meant. The text is what the caller is told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The request is none.
    #[error("{0}")]
    Request(#[from] RequestError),
    /// The path is none.
    #[error("{0}")]
    Path(#[from] FilePathError),
    /// The path names no file.
    #[error("the path has to name a file")]
    NotAFile,
    /// The header is none.
    #[error("{0}")]
    IdempotencyKey(#[from] NotAKey),
    /// The key belongs to another request.
    #[error(
        "this Idempotency-Key came with another request before: use another key for another relay"
    )]
    KeyReused,
    /// A relay by this key is under way.
    #[error("the relay of this Idempotency-Key is under way: GET it")]
    UnderWay,
    /// A parameter of the query, or a header, is none.
    #[error("{0}")]
    Parameter(&'static str),
    /// The body carries no file.
    #[error("{0}")]
    Content(#[from] ContentError),
    /// There is no such place.
    #[error("there is no place of this name: GET /places shows those that there are")]
    PlaceUnknown,
    /// The place is not for this.
    #[error("the place may not be {0}")]
    PlaceForbidden(&'static str),
    /// There is no such relay.
    #[error("there is no such relay, or it ended too long ago")]
    RelayUnknown,
    /// What came in the request did not arrive.
    #[error("{}", .0.message)]
    Failed(Failure),
    /// The source did not give the file.
    #[error("{0}")]
    Place(#[from] PlaceError),
    /// The range is not in the file.
    #[error("the file has {length} bytes")]
    Range {
        /// How many it has.
        length: u64,
    },
    /// A chunk that is none.
    #[error("{0}")]
    Chunk(#[from] ChunkedError),
    /// A chunk before which bytes are missing.
    #[error("{received} bytes are there: send the chunk that begins there")]
    ChunkTooFar {
        /// How many bytes are there.
        received: u64,
    },
    /// A chunk that could not be taken now.
    #[error("{}: send the chunk again", .0.message)]
    ChunkAgain(Failure),
    /// A chunk that is not cut as it has to be.
    #[error("a chunk must have a multiple of {size} bytes, except the last one")]
    ChunkNotCut {
        /// How long parts are.
        size: u64,
    },
    /// A chunk while another is taken.
    #[error("another chunk of this upload is under way: send the chunk again")]
    ChunkUnderWay,
    /// There is no such upload.
    #[error("there is no such upload, or it is over")]
    UploadUnknown,
    /// As many files are carried as may be at once.
    #[error("too many files are carried at this moment: send the request again")]
    Busy,
    /// The store does not answer, or takes no record of this length.
    #[error("{}", if .0.is_too_long() { "the request is longer than the store takes" } else {
        "the store does not answer: ask again with the same Idempotency-Key"
    })]
    Store(#[from] RecordError),
}

impl From<headgate_core::KeyValueError> for Refusal {
    fn from(error: headgate_core::KeyValueError) -> Self {
        Self::Store(error.into())
    }
}

impl Refusal {
    /// The status.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Request(_)
            | Self::Path(_)
            | Self::NotAFile
            | Self::IdempotencyKey(_)
            | Self::Parameter(_)
            | Self::Content(_)
            | Self::Chunk(_)
            | Self::ChunkNotCut { .. } => StatusCode::BAD_REQUEST,
            Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::UnderWay | Self::ChunkTooFar { .. } => StatusCode::CONFLICT,
            Self::PlaceUnknown | Self::RelayUnknown | Self::UploadUnknown => StatusCode::NOT_FOUND,
            Self::PlaceForbidden(_) => StatusCode::FORBIDDEN,
            Self::Range { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::Failed(failure) => status_of(&failure.code),
            Self::Place(error) => match error {
                PlaceError::NotFound => StatusCode::NOT_FOUND,
                PlaceError::Changed | PlaceError::Exists => StatusCode::PRECONDITION_FAILED,
                PlaceError::Full => StatusCode::INSUFFICIENT_STORAGE,
                PlaceError::Throttled { .. } | PlaceError::Keys(AwsKeysError::NotNow) => {
                    StatusCode::SERVICE_UNAVAILABLE
                }
                PlaceError::Token(error) if error.is_temporary() => StatusCode::SERVICE_UNAVAILABLE,
                PlaceError::Unsupported(_) => StatusCode::NOT_IMPLEMENTED,
                PlaceError::UploadLost
                | PlaceError::Denied { .. }
                | PlaceError::Temporary { .. }
                | PlaceError::Refused { .. }
                | PlaceError::Corrupt { .. }
                | PlaceError::Http(_)
                | PlaceError::Content(_)
                | PlaceError::Token(_)
                | PlaceError::Keys(_) => StatusCode::BAD_GATEWAY,
            },
            Self::Store(error) if error.is_too_long() => StatusCode::PAYLOAD_TOO_LARGE,
            Self::ChunkAgain(_) | Self::ChunkUnderWay | Self::Busy | Self::Store(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// The name in the log.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::Request(_) => "RequestInvalid",
            Self::Path(_) | Self::NotAFile => "PathInvalid",
            Self::IdempotencyKey(_) => "IdempotencyKeyInvalid",
            Self::KeyReused => "IdempotencyKeyReused",
            Self::UnderWay => "RelayUnderWay",
            Self::Parameter(_) => "ParameterInvalid",
            Self::Content(_) => "ContentInvalid",
            Self::PlaceUnknown => "PlaceUnknown",
            Self::PlaceForbidden(_) => "PlaceForbidden",
            Self::RelayUnknown => "RelayUnknown",
            Self::Failed(_) => "RelayFailed",
            Self::Place(_) => "PlaceFailed",
            Self::Range { .. } => "RangeNotSatisfiable",
            Self::Chunk(_) => "ChunkInvalid",
            Self::ChunkTooFar { .. } => "ChunkTooFar",
            Self::ChunkAgain(_) => "ChunkAgain",
            Self::ChunkUnderWay => "ChunkUnderWay",
            Self::Busy => "Busy",
            Self::ChunkNotCut { .. } => "ChunkNotCut",
            Self::UploadUnknown => "UploadUnknown",
            Self::Store(error) if error.is_too_long() => "RequestTooLong",
            Self::Store(_) => "StoreUnavailable",
        }
    }

    const fn title(&self) -> &'static str {
        match self {
            Self::Request(_)
            | Self::Path(_)
            | Self::NotAFile
            | Self::IdempotencyKey(_)
            | Self::Parameter(_)
            | Self::Content(_) => "the request is invalid",
            Self::KeyReused => "the key belongs to another request",
            Self::UnderWay => "the relay is under way",
            Self::PlaceUnknown => "there is no such place",
            Self::PlaceForbidden(_) => "the place is not for this",
            Self::RelayUnknown => "there is no such relay",
            Self::Failed(_) => "the file did not arrive",
            Self::Place(_) => "the place did not do it",
            Self::Range { .. } => "the range is not in the file",
            Self::Chunk(_) | Self::ChunkTooFar { .. } | Self::ChunkNotCut { .. } => {
                "the chunk is not the next one"
            }
            Self::ChunkAgain(_) | Self::ChunkUnderWay => "the chunk did not arrive",
            Self::Busy => "too many files are carried",
            Self::UploadUnknown => "there is no such upload",
            Self::Store(error) if error.is_too_long() => "the request is too long",
            Self::Store(_) => "the store does not answer",
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Place(PlaceError::Throttled { retry_after }) => {
                Some(retry_after.unwrap_or(Duration::from_secs(10)))
            }
            Self::Place(PlaceError::Token(error)) => error.retry_after(),
            Self::ChunkAgain(_) => Some(Duration::from_secs(1)),
            Self::ChunkUnderWay | Self::Busy => Some(Duration::from_secs(5)),
            Self::Store(error) if error.is_too_long() => None,
            Self::Store(_) => Some(Duration::from_secs(10)),
            _ => None,
        }
    }

    /// Makes the response.
    pub(crate) fn into_response(self, route: &'static str) -> Response<Body> {
        let problem = Problem::new(self.status(), self.title()).detail(self.to_string());
        let mut response = problem.retry_after(self.retry_after()).into_response();
        if let Self::Range { length } = &self
            && let Ok(range) = HeaderValue::try_from(format!("bytes */{length}"))
        {
            response.headers_mut().insert(CONTENT_RANGE, range);
        }
        with_outcome(response, route, self.reason())
    }
}

/// The status for what came in a request and did not arrive, by the code of its receipt.
fn status_of(code: &str) -> StatusCode {
    match code {
        "DestinationExists" => StatusCode::CONFLICT,
        "DestinationNotFound" => StatusCode::NOT_FOUND,
        "DestinationFull" => StatusCode::INSUFFICIENT_STORAGE,
        "DestinationThrottled" => StatusCode::SERVICE_UNAVAILABLE,
        "ChunksUnsupported" => StatusCode::NOT_IMPLEMENTED,
        "ContentBrokeOff" => StatusCode::BAD_REQUEST,
        "LengthUnexpected" | "DigestUnexpected" => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::BAD_GATEWAY,
    }
}
