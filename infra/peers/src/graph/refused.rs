use headgate_core::Timestamp;
use http::StatusCode;
use serde_json::json;

use crate::issuer::{Guid, SystemRandom};
use crate::peer::{Asked, Reply};

/// Why a request is refused: Graph's envelope.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
}

pub(super) type Judged<T> = Result<T, Refused>;

/// Refuses a request.
pub(super) fn refuse<T>(status: u16, code: &'static str, message: &'static str) -> Judged<T> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    Err(Refused { status, code, message })
}

/// Refuses a request for what is not there.
pub(super) fn not_found<T>() -> Judged<T> {
    refuse(404, "itemNotFound", "The resource could not be found.")
}

/// Refuses a request that is malformed.
pub(super) fn invalid<T>(message: &'static str) -> Judged<T> {
    refuse(400, "invalidRequest", message)
}

impl Refused {
    pub(super) fn reply(&self, asked: &Asked, now: Timestamp) -> Reply {
        let request = Guid::random(&SystemRandom).to_string();
        let client = asked.header("client-request-id").unwrap_or(&request).to_owned();
        let date = now.to_string();
        let date = date.split('.').next().unwrap_or_default();
        let inner = json!({ "date": date, "request-id": request, "client-request-id": client });
        let error = json!({ "code": self.code, "message": self.message, "innerError": inner });
        Reply::json(self.status, &json!({ "error": error }))
    }
}
