use headgate_core::Timestamp;
use http::StatusCode;
use serde_json::{Value, json};

use crate::issuer::Guid;
use crate::issuer::token_error::{TokenError, timestamp};
use crate::peer::{Reply, put};

/// A refusal as Entra words it (contracts §5.5).
#[derive(Clone, Debug)]
pub(super) struct Refused {
    code: Option<u32>,
    error: &'static str,
    status: StatusCode,
    text: String,
    suberror: Option<&'static str>,
    claims: Option<String>,
}

pub(super) type Judged<T> = Result<T, Refused>;

/// Makes the refusal of this number.
pub(super) fn refuse<T>(code: u32, text: impl Into<String>) -> Judged<T> {
    Err(refused(code, text))
}

pub(super) fn refused(code: u32, text: impl Into<String>) -> Refused {
    let (error, status) = match code {
        7_000_215 | 7_000_222 | 7_000_218 | 700_025 | 700_027 | 700_024 | 700_021 | 700_023
        | 700_211 | 700_212 | 700_213 | 50_027 => ("invalid_client", StatusCode::UNAUTHORIZED),
        700_016 | 7_000_112 => ("unauthorized_client", StatusCode::BAD_REQUEST),
        500_011 => ("invalid_resource", StatusCode::BAD_REQUEST),
        1_002_012 | 70_011 | 700_022 => ("invalid_scope", StatusCode::BAD_REQUEST),
        70_003 => ("unsupported_grant_type", StatusCode::BAD_REQUEST),
        90_002 | 900_144 | 900_561 | 901_002 | 9_001_023 | 9_002_313 | 50_059 | 50_011 => {
            ("invalid_request", StatusCode::BAD_REQUEST)
        }
        _ => ("invalid_grant", StatusCode::BAD_REQUEST),
    };
    Refused { code: Some(code), error, status, text: text.into(), suberror: None, claims: None }
}

impl Refused {
    /// The refusal with another `error`, `suberror` and, for Conditional Access, `claims`.
    pub(super) fn wanting(
        mut self,
        error: &'static str,
        suberror: &'static str,
        claims: Option<&Value>,
    ) -> Self {
        self.error = error;
        self.suberror = Some(suberror);
        self.claims = claims.map(Value::to_string);
        self
    }

    pub(super) const fn code(&self) -> Option<u32> {
        self.code
    }

    pub(super) const fn error(&self) -> &'static str {
        self.error
    }

    pub(super) fn reply(&self, now: Timestamp, trace: Guid, correlation: &str) -> Reply {
        let timestamp = timestamp(now);
        let prefix = self.code.map(|code| format!("AADSTS{code}: ")).unwrap_or_default();
        let mut body = json!({
            "error": self.error,
            "error_description": format!(
                "{prefix}{}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {timestamp}",
                self.text
            ),
            "error_codes": self.code.into_iter().collect::<Vec<_>>(),
            "timestamp": timestamp,
            "trace_id": trace.to_string(),
            "correlation_id": correlation,
        });
        if let Some(code) = self.code {
            let uri = format!("https://login.microsoftonline.com/error?code={code}");
            put(&mut body, "error_uri", uri);
        }
        if let Some(suberror) = self.suberror {
            put(&mut body, "suberror", suberror);
        }
        if let Some(claims) = &self.claims {
            // A text, not an object (contracts §5.5).
            put(&mut body, "claims", claims.as_str());
        }
        Reply::json(self.status, &body)
    }
}

impl From<TokenError> for Refused {
    fn from(error: TokenError) -> Self {
        let refusal = error.refusal();
        Self {
            code: refusal.code,
            error: refusal.error,
            status: refusal.status,
            text: error.to_string(),
            suberror: None,
            claims: None,
        }
    }
}
