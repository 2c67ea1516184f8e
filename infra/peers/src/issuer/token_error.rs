use headgate_core::Timestamp;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Algorithm, Guid};

/// Every way that a token request is refused, with Entra's code for it (contracts §5.5).
///
/// The codes of the contract are `[V]`; 50059, 70003, 900561, 901002, 9000411 and 9002313 are the observed ones, as are the
/// statuses. A caller reacts to `error` and not to a code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    #[error(
        "Tenant '{tenant}' not found. Check that the tenant id or domain in the path is one of this issuer's."
    )]
    TenantUnknown { tenant: String },
    #[error("The endpoint only accepts POST requests. Received a {method} request.")]
    MethodNotPost { method: String },
    #[error("The request body must contain the following parameter: '{name}'.")]
    ParameterMissing { name: &'static str },
    #[error("The request is not properly formatted. The parameter '{name}' is duplicated.")]
    ParameterDuplicated { name: String },
    #[error("Invalid request. Request is malformed or invalid.")]
    Malformed,
    #[error("The 'resource' request parameter is not supported: this endpoint takes 'scope'.")]
    ResourceNotSupported,
    #[error(
        "The app requested an unsupported grant type. This issuer has client_credentials alone."
    )]
    GrantUnsupported,
    #[error(
        "No tenant-identifying information found: client credentials need a tenant's own endpoint."
    )]
    TenantNotNamed,
    #[error("Application with identifier '{client}' was not found in the directory.")]
    ClientUnknown { client: String },
    #[error(
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
    )]
    CredentialMissing,
    #[error("Invalid client secret provided. Send the secret's value, not its id.")]
    SecretWrong,
    #[error(
        "Client assertion failed signature validation: no certificate is registered for the application."
    )]
    AssertionNotRegistered,
    #[error(
        "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
    )]
    ScopeNotDefault { scope: String },
    #[error(
        "The provided value for the input parameter 'scope' is not valid: it names more than one resource."
    )]
    ScopeOfSeveralResources,
    #[error(
        "The provided value for the input parameter 'scope' is not valid: .default cannot be combined with other scopes."
    )]
    ScopeMixed,
    #[error(
        "The resource principal named {resource} was not found in the tenant. Register it with --resource."
    )]
    ResourceUnknown { resource: String },
    #[error(
        "headgate-issuer: the field '{name}' is the developer's: send the header Headgate-Dev: 1 with it"
    )]
    DevelopmentUnmarked { name: String },
    #[error(
        "headgate-issuer: the field '{name}' is not known, or its value is not one that it takes"
    )]
    DevelopmentInvalid { name: String },
    #[error(
        "headgate-issuer: there is no key for {algorithm}: start the issuer with --alg {algorithm}"
    )]
    AlgorithmNotConfigured { algorithm: Algorithm },
}

/// What is fixed about a refusal.
pub(crate) struct Refusal {
    /// The name in the log.
    pub(crate) name: &'static str,
    /// The code behind `AADSTS`; none for what is not Entra's.
    pub(crate) code: Option<u32>,
    /// The value of `error`.
    pub(crate) error: &'static str,
    /// The status.
    pub(crate) status: StatusCode,
}

impl TokenError {
    pub(crate) const fn refusal(&self) -> Refusal {
        use StatusCode as S;
        let (name, code, error, status) = match self {
            Self::TenantUnknown { .. } => {
                ("TenantUnknown", Some(90_002), "invalid_request", S::BAD_REQUEST)
            }
            Self::MethodNotPost { .. } => {
                ("MethodNotPost", Some(900_561), "invalid_request", S::BAD_REQUEST)
            }
            Self::ParameterMissing { .. } => {
                ("ParameterMissing", Some(900_144), "invalid_request", S::BAD_REQUEST)
            }
            Self::ParameterDuplicated { .. } => {
                ("ParameterDuplicated", Some(9_000_411), "invalid_request", S::BAD_REQUEST)
            }
            Self::Malformed => ("Malformed", Some(9_002_313), "invalid_request", S::BAD_REQUEST),
            Self::ResourceNotSupported => {
                ("ResourceNotSupported", Some(901_002), "invalid_request", S::BAD_REQUEST)
            }
            Self::GrantUnsupported => {
                ("GrantUnsupported", Some(70_003), "unsupported_grant_type", S::BAD_REQUEST)
            }
            Self::TenantNotNamed => {
                ("TenantNotNamed", Some(50_059), "invalid_request", S::BAD_REQUEST)
            }
            Self::ClientUnknown { .. } => {
                ("ClientUnknown", Some(700_016), "unauthorized_client", S::BAD_REQUEST)
            }
            Self::CredentialMissing => {
                ("CredentialMissing", Some(7_000_218), "invalid_client", S::UNAUTHORIZED)
            }
            Self::SecretWrong => {
                ("SecretWrong", Some(7_000_215), "invalid_client", S::UNAUTHORIZED)
            }
            Self::AssertionNotRegistered => {
                ("AssertionNotRegistered", Some(700_027), "invalid_client", S::UNAUTHORIZED)
            }
            Self::ScopeNotDefault { .. } => {
                ("ScopeNotDefault", Some(1_002_012), "invalid_scope", S::BAD_REQUEST)
            }
            Self::ScopeOfSeveralResources => {
                ("ScopeOfSeveralResources", Some(700_022), "invalid_scope", S::BAD_REQUEST)
            }
            Self::ScopeMixed => ("ScopeMixed", Some(70_011), "invalid_scope", S::BAD_REQUEST),
            Self::ResourceUnknown { .. } => {
                ("ResourceUnknown", Some(500_011), "invalid_resource", S::BAD_REQUEST)
            }
            Self::DevelopmentUnmarked { .. } => {
                ("DevelopmentUnmarked", None, "invalid_request", S::BAD_REQUEST)
            }
            Self::DevelopmentInvalid { .. } => {
                ("DevelopmentInvalid", None, "invalid_request", S::BAD_REQUEST)
            }
            Self::AlgorithmNotConfigured { .. } => {
                ("AlgorithmNotConfigured", None, "invalid_request", S::BAD_REQUEST)
            }
        };
        Refusal { name, code, error, status }
    }

    /// The body of the answer (contracts §5.5).
    pub(crate) fn to_json(&self, now: Timestamp, trace: Guid, correlation: &str) -> Value {
        let timestamp = timestamp(now);
        let Refusal { code, error, .. } = self.refusal();
        let prefix = code.map(|code| format!("AADSTS{code}: ")).unwrap_or_default();
        json!({
            "error": error,
            "error_description": format!(
                "{prefix}{self}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {timestamp}"
            ),
            "error_codes": code.into_iter().collect::<Vec<_>>(),
            "timestamp": timestamp,
            "trace_id": trace.to_string(),
            "correlation_id": correlation,
        })
    }
}

/// The moment as Entra's errors have it: `2016-01-09 02:02:12Z`.
pub(crate) fn timestamp(now: Timestamp) -> String {
    let text = now.to_string();
    let seconds = text.split('.').next().unwrap_or_default();
    format!("{}Z", seconds.replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_every_member_of_entras() {
        let body = TokenError::SecretWrong.to_json(
            Timestamp::from_secs(1_452_304_932),
            Guid::from_u128(7),
            "11111111-2222-3333-4444-555555555555",
        );
        assert_eq!(body["error"], "invalid_client");
        assert_eq!(body["error_codes"], json!([7_000_215]));
        assert_eq!(body["timestamp"], "2016-01-09 02:02:12Z");
        assert_eq!(body["trace_id"], "00000000-0000-0000-0000-000000000007");
        assert_eq!(body["correlation_id"], "11111111-2222-3333-4444-555555555555");
        let description = body["error_description"].as_str().unwrap();
        assert!(description.starts_with("AADSTS7000215: Invalid client secret provided."));
        assert!(description.ends_with("\r\nTimestamp: 2016-01-09 02:02:12Z"));
    }
}
