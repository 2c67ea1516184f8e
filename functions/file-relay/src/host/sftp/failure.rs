use russh_sftp::client::error::Error;
use russh_sftp::protocol::StatusCode;

use crate::place::PlaceError;

/// Why the server did not do something.
#[derive(Debug)]
pub(super) struct Failure(pub(super) PlaceError);

impl From<Failure> for PlaceError {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}

/// The connection is of no use any more.
pub(super) fn broken() -> PlaceError {
    PlaceError::Temporary { detail: "the SSH connection broke".to_owned() }
}

/// What an error of the protocol means, and whether the connection can be used further.
pub(super) fn of_sftp(error: &Error) -> (PlaceError, bool) {
    let temporary = |detail: &str| PlaceError::Temporary { detail: detail.to_owned() };
    match error {
        Error::Status(status) => {
            let error = match status.status_code {
                StatusCode::NoSuchFile => PlaceError::NotFound,
                StatusCode::PermissionDenied => {
                    PlaceError::Denied { detail: "permission denied".to_owned() }
                }
                StatusCode::OpUnsupported => {
                    PlaceError::Refused { detail: "operation unsupported".to_owned() }
                }
                StatusCode::BadMessage => PlaceError::Refused { detail: "bad message".to_owned() },
                StatusCode::NoConnection | StatusCode::ConnectionLost => return (broken(), false),
                StatusCode::Ok | StatusCode::Eof | StatusCode::Failure => temporary("failure"),
            };
            (error, true)
        }
        Error::Timeout => (temporary("it did not answer in time"), false),
        Error::Limited(_) => (temporary("its limits are reached"), true),
        Error::IO(_) | Error::UnexpectedPacket | Error::UnexpectedBehavior(_) => (broken(), false),
    }
}
