use http::StatusCode;
use serde_json::json;

use crate::peer::Reply;

/// Why a request is refused: Dataverse's envelope (contracts §1.0).
#[derive(Clone, Debug)]
pub(super) struct Refused {
    status: StatusCode,
    code: &'static str,
    message: String,
}

pub(super) type Judged<T> = Result<T, Refused>;

/// Refuses a request.
pub(super) fn refuse<T>(status: u16, code: &'static str, message: impl Into<String>) -> Judged<T> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    Err(Refused { status, code, message: message.into() })
}

impl Refused {
    pub(super) fn reply(&self) -> Reply {
        let error = json!({ "error": { "code": self.code, "message": self.message } });
        Reply::json(self.status, &error)
    }
}
