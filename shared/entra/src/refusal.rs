use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

mod advice;

/// What Entra said when it said no (contracts §5.5), as far as it is safe to repeat: no description, which may name
/// users, tenants and addresses.
#[derive(Clone, PartialEq, Eq)]
pub struct Refusal {
    error: ErrorName,
    code: Option<u32>,
    advice: &'static str,
    correlation_id: Option<String>,
    trace_id: Option<String>,
    claims: Option<Arc<str>>,
}

/// The registered values of `error` that a caller may react to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorName {
    InvalidRequest,
    InvalidGrant,
    UnauthorizedClient,
    InvalidClient,
    UnsupportedGrantType,
    InvalidResource,
    InteractionRequired,
    ConsentRequired,
    InvalidScope,
    TemporarilyUnavailable,
    Other,
}

impl ErrorName {
    const ALL: [(&'static str, Self); 10] = [
        ("invalid_request", Self::InvalidRequest),
        ("invalid_grant", Self::InvalidGrant),
        ("unauthorized_client", Self::UnauthorizedClient),
        ("invalid_client", Self::InvalidClient),
        ("unsupported_grant_type", Self::UnsupportedGrantType),
        ("invalid_resource", Self::InvalidResource),
        ("interaction_required", Self::InteractionRequired),
        ("consent_required", Self::ConsentRequired),
        ("invalid_scope", Self::InvalidScope),
        ("temporarily_unavailable", Self::TemporarilyUnavailable),
    ];

    fn as_str(self) -> &'static str {
        let known = Self::ALL.iter().find(|(_, name)| *name == self);
        known.map_or("an error of its own", |(text, _)| text)
    }
}

/// Codes by which Entra asks for patience rather than for a change (contracts §5.5).
const TRANSIENT: [u32; 2] = [90_033, 90_055];

/// Codes that repetition makes worse: a wrong password, a locked account, a loop.
const LOCKING: [u32; 3] = [50_053, 50_126, 50_196];

impl Refusal {
    /// Reads an error; `None` when it is not one of Entra's.
    pub(crate) fn of(body: &Value) -> Option<Self> {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let error = text("error")?;
        let error = ErrorName::ALL.iter().find(|(name, _)| *name == error);
        let error = error.map_or(ErrorName::Other, |(_, name)| *name);
        let listed = body.get("error_codes").and_then(|codes| codes.get(0)).and_then(Value::as_u64);
        let code = listed
            .and_then(|code| u32::try_from(code).ok())
            .or_else(|| text("error_description").and_then(described_code));
        let id = |name| text(name).filter(|id| is_guid(id)).map(str::to_owned);
        Some(Self {
            error,
            code,
            advice: code.and_then(advice::by_code).unwrap_or(advice::by_name(error)),
            correlation_id: id("correlation_id"),
            trace_id: id("trace_id"),
            claims: text("claims").filter(|claims| claims.len() <= 8 * 1024).map(Arc::from),
        })
    }

    /// The number behind `AADSTS`. It is for diagnosis: Entra promises no number, so nothing should depend on one.
    #[must_use]
    pub const fn code(&self) -> Option<u32> {
        self.code
    }

    /// The value of `error`, when it is a registered one.
    #[must_use]
    pub fn error(&self) -> &'static str {
        self.error.as_str()
    }

    /// One sentence that says what to fix.
    #[must_use]
    pub const fn advice(&self) -> &'static str {
        self.advice
    }

    /// The id by which Microsoft's support and the tenant's sign-in log find the request.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.correlation_id.as_deref()
    }

    /// What Conditional Access wants, as JSON.
    #[must_use]
    pub fn claims(&self) -> Option<&str> {
        self.claims.as_deref()
    }

    /// Whether a person has to do something: sign in, consent, or prove more.
    #[must_use]
    pub fn needs_a_person(&self) -> bool {
        matches!(self.error, ErrorName::InteractionRequired | ErrorName::ConsentRequired)
            || self.code.is_some_and(advice::needs_a_person)
    }

    /// Whether it is not a refusal but a request for patience.
    pub(crate) fn is_transient(&self) -> bool {
        self.error == ErrorName::TemporarilyUnavailable
            || self.code.is_some_and(|code| TRANSIENT.contains(&code))
    }

    /// How long nobody asks again: nothing changes by itself, and whoever sends a wrong password too often locks the
    /// account.
    pub(crate) fn pause(&self) -> Duration {
        let locks = self.code.is_some_and(|code| LOCKING.contains(&code));
        if locks { Duration::from_secs(5 * 60) } else { Duration::from_secs(30) }
    }

    /// Whether a grant that was kept, as a refresh token, is worth nothing any more.
    pub(crate) fn ends_the_grant(&self) -> bool {
        matches!(self.error, ErrorName::InvalidGrant | ErrorName::InteractionRequired)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "entra refused with {}", self.error.as_str())?;
        if let Some(code) = self.code {
            write!(formatter, ", AADSTS{code}")?;
        }
        if let Some(id) = &self.correlation_id {
            write!(formatter, ", correlation id {id}")?;
        }
        if let Some(id) = &self.trace_id {
            write!(formatter, ", trace id {id}")?;
        }
        write!(formatter, ": {}", self.advice)
    }
}

/// Shows what `Display` shows: the claims challenge is the caller's alone.
impl fmt::Debug for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Refusal({self})")
    }
}

impl std::error::Error for Refusal {}

/// The number in `AADSTS50076: …`.
fn described_code(description: &str) -> Option<u32> {
    let (_, number) = description.split_once("AADSTS")?;
    let end = number.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(number.len());
    number.get(..end)?.parse().ok()
}

fn is_guid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_says_what_to_fix_and_repeats_no_description() {
        let refusal = Refusal::of(&json!({
            "error": "invalid_client",
            "error_description": "AADSTS7000215: Invalid client secret hunter2 of ada@contoso.com.\r\nTrace ID: …",
            "error_codes": [7_000_215],
            "trace_id": "11111111-2222-3333-4444-555555555555",
            "correlation_id": "66666666-7777-8888-9999-000000000000",
        }))
        .unwrap();
        assert_eq!(
            refusal.to_string(),
            "entra refused with invalid_client, AADSTS7000215, correlation id \
             66666666-7777-8888-9999-000000000000, trace id 11111111-2222-3333-4444-555555555555: \
             give the client secret's value, not its id"
        );
        assert!(!format!("{refusal:?}").contains("hunter2"));
    }

    #[test]
    fn a_code_is_found_in_the_description_when_it_is_not_listed() {
        let refusal = Refusal::of(&json!({
            "error": "invalid_grant", "error_description": "AADSTS50076: Due to a configuration change…",
        }));
        assert_eq!(refusal.unwrap().code(), Some(50_076));
    }

    #[test]
    fn multi_factor_answers_are_known_by_their_error_and_by_their_code() {
        for body in [
            json!({ "error": "interaction_required", "error_codes": [50_079], "claims": "{\"access_token\":{}}" }),
            json!({ "error": "invalid_grant", "error_codes": [50_076] }),
            json!({ "error": "invalid_grant", "error_codes": [53_003] }),
        ] {
            assert!(Refusal::of(&body).unwrap().needs_a_person(), "{body}");
        }
        let password = json!({ "error": "invalid_grant", "error_codes": [50_126] });
        assert!(!Refusal::of(&password).unwrap().needs_a_person());
    }

    #[test]
    fn what_a_service_invents_is_not_repeated() {
        let refusal = Refusal::of(&json!({
            "error": "hunter2", "correlation_id": "hunter2", "trace_id": "hunter2", "claims": "hunter2",
        }))
        .unwrap();
        assert!(!format!("{refusal} {refusal:?}").contains("hunter2"));
        assert_eq!(refusal.claims(), Some("hunter2"));
        assert!(Refusal::of(&json!({ "message": "no" })).is_none());
    }
}
