//! What Power Automate itself says in the place of a flow's answer (contracts §3.4): pure.

use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::flows::Caller;

/// Why Power Automate did not run the flow, or has no answer of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `DirectApiAuthorizationRequired`: it wants the signature, or what it was shown is none.
    SignatureRequired,
    /// `OAuthAccessPolicyNotFound`: its trigger takes no tokens.
    TokensNotTaken,
    /// `MisMatchingOAuthClaims`: the token is not one that it takes.
    ClaimsNotTaken,
    /// `AuthorizationFailed`: the signature is wrong.
    SignatureWrong,
    /// Another 401 or 403.
    NotAuthorized,
    /// The flow was deleted or turned off.
    FlowAbsent,
    /// It is called too often.
    Throttled,
    /// `NoResponse`: the run ended without an answer.
    NoAnswer,
    /// The flow took longer than Power Automate waits.
    TookTooLong,
    /// Power Automate failed.
    Failed,
}

#[derive(Deserialize)]
struct Envelope {
    error: Detail,
}

#[derive(Deserialize)]
struct Detail {
    code: String,
}

/// The header by which a run is known; a refusal has none, since nothing ran.
pub(crate) const RUN_ID: &str = "x-ms-workflow-run-id";

/// Tells whether an answer is Power Automate's own, and what it says; `None` for what a flow answers.
///
/// `NoResponse` is Power Automate's also when a run is named. Of the rest, an answer is a flow's when it names a run or is
/// not Power Automate's envelope `{"error": {"code", "message"}}`: a flow may answer any 2xx, 4xx and 5xx. `body` is
/// `None` when it is longer than an error is.
#[must_use]
pub fn classify(status: StatusCode, headers: &HeaderMap, body: Option<&[u8]>) -> Option<Refusal> {
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    let body = body?;
    let code = serde_json::from_slice::<Envelope>(body).ok().map(|envelope| envelope.error.code);
    let names_a_run = headers.contains_key(RUN_ID);
    match (status.as_u16(), code.as_deref()) {
        (500..=599, Some("NoResponse")) => return Some(Refusal::NoAnswer),
        _ if names_a_run => return None,
        (401 | 403, Some("DirectApiAuthorizationRequired")) => {
            return Some(Refusal::SignatureRequired);
        }
        (401 | 403, Some("OAuthAccessPolicyNotFound")) => return Some(Refusal::TokensNotTaken),
        (401 | 403, Some("MisMatchingOAuthClaims")) => return Some(Refusal::ClaimsNotTaken),
        (401 | 403, Some("AuthorizationFailed")) => return Some(Refusal::SignatureWrong),
        _ => {}
    }
    if code.is_none() && !body.is_empty() {
        return None;
    }
    match status.as_u16() {
        401 | 403 => Some(Refusal::NotAuthorized),
        404 | 410 => Some(Refusal::FlowAbsent),
        429 => Some(Refusal::Throttled),
        408 | 504 => Some(Refusal::TookTooLong),
        500..=599 => Some(Refusal::Failed),
        _ => None,
    }
}

impl Refusal {
    /// Whether it is certain that nothing ran.
    #[must_use]
    pub const fn is_before_the_run(self) -> bool {
        match self {
            Self::SignatureRequired
            | Self::TokensNotTaken
            | Self::ClaimsNotTaken
            | Self::SignatureWrong
            | Self::NotAuthorized
            | Self::FlowAbsent
            | Self::Throttled => true,
            Self::NoAnswer | Self::TookTooLong | Self::Failed => false,
        }
    }

    /// Whether another token might be taken: this one may have expired on its way.
    #[must_use]
    pub const fn wants_another_token(self) -> bool {
        matches!(self, Self::NotAuthorized)
    }

    /// What to fix, for who calls the flow so.
    #[must_use]
    pub const fn advice(self, caller: &Caller) -> &'static str {
        match (self, caller) {
            (Self::SignatureRequired, Caller::Identity { .. }) => {
                "the flow takes its signature alone (DirectApiAuthorizationRequired): let its trigger be called by \
                 users of the tenant, or give its url with sig as a secret and no credential"
            }
            (Self::SignatureRequired, Caller::Signature) => {
                "the flow's url has no signature that counts (DirectApiAuthorizationRequired): its trigger may take tokens alone, \
                 then give the url without sig and a credential"
            }
            (Self::TokensNotTaken, _) => {
                "the flow's trigger has no policy for tokens (OAuthAccessPolicyNotFound): let it be called by users of the tenant, \
                 and copy its url again, which has changed"
            }
            (Self::ClaimsNotTaken, _) => {
                "the flow does not take this token (MisMatchingOAuthClaims): check that cloud or audience is the flow's, with the slash \
                 at its end, that the credential is of the flow's tenant, and, where specific users may call, that the object id of its \
                 enterprise application is among them"
            }
            (Self::SignatureWrong, _) => {
                "the flow's signature is wrong (AuthorizationFailed): it was made anew, or the url was copied in part; copy it again"
            }
            (Self::NotAuthorized, Caller::Identity { .. }) => {
                "the flow does not take this token: check the credential, its tenant, and who may call the trigger"
            }
            (Self::NotAuthorized, Caller::Signature) => {
                "the flow does not take this signature: copy its url again"
            }
            (Self::FlowAbsent, _) => {
                "there is no such flow: it was deleted or turned off, or its url has changed with who may call it"
            }
            (Self::Throttled, _) => "the flow is called too often: try again later",
            (Self::NoAnswer, _) => {
                "the run ended without an answer (NoResponse): see its history; every branch needs the action Response"
            }
            (Self::TookTooLong, _) => {
                "the flow took longer than Power Automate waits, which is 120 seconds: set its action Response to asynchronous; the \
                 run may go on"
            }
            (Self::Failed, _) => "Power Automate failed: try again later; the flow may have run",
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn judged(status: u16, body: &str, run: bool) -> Option<Refusal> {
        let mut headers = HeaderMap::new();
        if run {
            headers.insert(RUN_ID, HeaderValue::from_static("0858"));
        }
        classify(StatusCode::from_u16(status).unwrap(), &headers, Some(body.as_bytes()))
    }

    fn envelope(code: &str) -> String {
        format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#)
    }

    #[test]
    fn every_documented_error_is_known_with_each_status_that_was_reported() {
        for (status, code, refusal) in [
            (401, "DirectApiAuthorizationRequired", Refusal::SignatureRequired),
            (401, "OAuthAccessPolicyNotFound", Refusal::TokensNotTaken),
            (401, "MisMatchingOAuthClaims", Refusal::ClaimsNotTaken),
            (403, "MisMatchingOAuthClaims", Refusal::ClaimsNotTaken),
            (401, "AuthorizationFailed", Refusal::SignatureWrong),
            (401, "SomethingNew", Refusal::NotAuthorized),
            (403, "SomethingNew", Refusal::NotAuthorized),
            (404, "WorkflowNotFound", Refusal::FlowAbsent),
            (429, "TooManyRequests", Refusal::Throttled),
            (502, "NoResponse", Refusal::NoAnswer),
            (504, "GatewayTimeout", Refusal::TookTooLong),
            (500, "InternalServerError", Refusal::Failed),
        ] {
            assert_eq!(judged(status, &envelope(code), false), Some(refusal), "{status} {code}");
        }
        for (status, refusal) in [
            (401, Refusal::NotAuthorized),
            (404, Refusal::FlowAbsent),
            (408, Refusal::TookTooLong),
            (429, Refusal::Throttled),
            (503, Refusal::Failed),
            (504, Refusal::TookTooLong),
        ] {
            assert_eq!(judged(status, "", false), Some(refusal), "{status}");
        }
        assert_eq!(judged(502, &envelope("NoResponse"), true), Some(Refusal::NoAnswer));
    }

    #[test]
    fn what_a_flow_answers_is_the_flows() {
        for status in [200, 201, 202, 204, 400, 401, 403, 404, 409, 422, 429, 500, 503] {
            assert_eq!(judged(status, &envelope("OrderUnknown"), true), None, "{status}");
            assert_eq!(judged(status, r#"{"reason":"no such order"}"#, false), None, "{status}");
        }
        assert_eq!(judged(400, &envelope("TriggerInputSchemaMismatch"), false), None);
        assert_eq!(classify(StatusCode::NOT_FOUND, &HeaderMap::new(), None), None);
    }

    #[test]
    fn only_what_came_before_the_run_did_nothing() {
        assert!(Refusal::Throttled.is_before_the_run());
        assert!(!Refusal::NoAnswer.is_before_the_run() && !Refusal::Failed.is_before_the_run());
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_body_is_it_is_judged(status in 100_u16..600, body: Vec<u8>) {
            let status = StatusCode::from_u16(status).unwrap();
            let _ = classify(status, &HeaderMap::new(), Some(&body));
        }
    }
}
