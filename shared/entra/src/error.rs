use std::time::Duration;

use headgate_core::retry_after_seconds;

use crate::Refusal;

/// Why there is no token.
///
/// Its text is one clause that says what to fix. It holds names from the configuration and from the code, and nothing
/// that a service, a file or a caller said, but for error codes and correlation ids.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// No credential has this name.
    #[error("credential {name} is not in the document of credentials")]
    CredentialUnknown {
        /// The name that was asked for.
        name: String,
    },
    /// The credential acts for somebody else than who was asked for.
    #[error("credential {name} is of kind {kind}, which {takes}")]
    CredentialUnsuited {
        /// The credential.
        name: String,
        /// Its kind.
        kind: &'static str,
        /// How it is used instead.
        takes: &'static str,
    },
    /// A v1 endpoint or a managed identity was asked for permissions by name.
    #[error("scope must be one RESOURCE/.default: this credential takes a resource")]
    ScopeNotResource,
    /// Entra said no.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// Somebody asks too often.
    #[error("token requests are throttled: try again after {} s", retry_after_seconds(*retry_after))]
    Throttled {
        /// When to try again.
        retry_after: Duration,
    },
    /// The service failed, several times.
    #[error("token service answers {status} again and again: try again later")]
    ServiceFailed {
        /// Its last status.
        status: u16,
    },
    /// The service does not answer.
    #[error(
        "token service cannot be reached: check that {host} is reachable and among the allowed outbound hosts"
    )]
    Unreachable {
        /// Its host.
        host: String,
    },
    /// What came is no token.
    #[error("token service answered what is no token")]
    AnswerUnusable,
    /// There is no managed identity here: nothing says that there is one, or the platform says that there is none.
    #[error("no managed identity is available: {reason}")]
    IdentityAbsent {
        /// What is missing.
        reason: &'static str,
    },
    /// The endpoint of a managed identity does not answer at the moment, or is being updated (contracts §6.1).
    #[error("managed identity cannot be had at the moment: {reason}")]
    IdentityUnavailable {
        /// What became of the request.
        reason: &'static str,
        /// Whether it is certain that there is such an identity: the configuration or the platform says so, or it
        /// gave a token before. A chain goes on to its next member where it is not.
        is_certain: bool,
    },
    /// The platform has an identity endpoint, which does not give this identity.
    #[error("managed identity was refused with {status}: {advice}")]
    IdentityRefused {
        /// The endpoint's answer.
        status: u16,
        /// What to fix.
        advice: &'static str,
    },
    /// Azure Arc's challenge is not one that Arc makes.
    #[error("challenge of the azure arc agent is refused: {reason}")]
    ChallengeRefused {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// An assertion could not be had.
    #[error("assertion of credential {name} cannot be had: {reason}")]
    AssertionAbsent {
        /// The credential.
        name: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// The address of an assertion gives none at the moment.
    #[error("assertion of credential {name} cannot be had at the moment: {reason}")]
    AssertionUnavailable {
        /// The credential.
        name: String,
        /// What became of the request.
        reason: &'static str,
    },
    /// A certificate could not be used.
    #[error("certificate of credential {name} {reason}")]
    CertificateUnusable {
        /// The credential.
        name: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// No member of a chain is available.
    #[error("no credential of the chain {name} is available here")]
    ChainExhausted {
        /// The chain.
        name: String,
    },
    /// Nobody has signed in for the connection, or has to again.
    #[error(
        "nobody has signed in for connection {connection} of credential {name}: open its consent page"
    )]
    SignInRequired {
        /// The credential.
        name: String,
        /// The connection.
        connection: String,
    },
    /// The sign-in is not one that was begun here, is over, or was used before.
    #[error("sign-in is unknown, older than ten minutes or was completed before: begin it again")]
    SignInUnknown,
    /// A connection's name is not one.
    #[error("connection must be named with 1 to 64 letters, digits, -, _ and .")]
    ConnectionMalformed,
    /// Sign-in needs somewhere safe to keep what comes of it.
    #[error("sign-in needs the variable token_cache_key: base64 of 32 random bytes")]
    SealingKeyMissing,
    /// The store that the function shares did not answer.
    #[error("key-value store does not answer")]
    StoreUnavailable,
}

impl TokenError {
    /// When to try again, if that is known: `Retry-After` for a caller.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Throttled { retry_after } => Some(*retry_after),
            _ => None,
        }
    }

    /// How long nobody asks again after it, where that differs from the rest.
    pub(crate) fn pause(&self) -> Option<Duration> {
        match self {
            Self::Throttled { retry_after } => Some(*retry_after),
            Self::Refused(refusal) => Some(refusal.pause()),
            _ => None,
        }
    }

    /// Whether the same may succeed later, with nothing changed: the service throttles, fails or is silent, and so may
    /// the platform's identity endpoint be. What goes wrong for good needs somebody to change something.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::Throttled { .. }
                | Self::ServiceFailed { .. }
                | Self::Unreachable { .. }
                | Self::AnswerUnusable
                | Self::IdentityUnavailable { .. }
                | Self::AssertionUnavailable { .. }
                | Self::StoreUnavailable
        )
    }

    /// Whether the credential is not of this place, as far as can be told, so that a chain goes on to its next member.
    #[must_use]
    pub const fn is_absence(&self) -> bool {
        matches!(
            self,
            Self::IdentityAbsent { .. }
                | Self::IdentityUnavailable { is_certain: false, .. }
                | Self::AssertionAbsent { .. }
                | Self::AssertionUnavailable { .. }
                | Self::ChainExhausted { .. }
        )
    }

    /// What Conditional Access wants of the user, as JSON: a middle tier answers its caller 401 with it as the `claims`
    /// of `WWW-Authenticate` (contracts §5.4, on-behalf-of).
    #[must_use]
    pub fn claims_challenge(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => refusal.claims(),
            _ => None,
        }
    }

    /// The variant's name, for the log and the counters.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::CredentialUnknown { .. } => "CredentialUnknown",
            Self::CredentialUnsuited { .. } => "CredentialUnsuited",
            Self::ScopeNotResource => "ScopeNotResource",
            Self::Refused(_) => "EntraRefused",
            Self::Throttled { .. } => "EntraThrottled",
            Self::ServiceFailed { .. } => "EntraFailed",
            Self::Unreachable { .. } => "EntraUnreachable",
            Self::AnswerUnusable => "EntraAnswerUnusable",
            Self::IdentityAbsent { .. } => "IdentityAbsent",
            Self::IdentityUnavailable { .. } => "IdentityUnavailable",
            Self::IdentityRefused { .. } => "IdentityRefused",
            Self::ChallengeRefused { .. } => "ChallengeRefused",
            Self::AssertionAbsent { .. } => "AssertionAbsent",
            Self::AssertionUnavailable { .. } => "AssertionUnavailable",
            Self::CertificateUnusable { .. } => "CertificateUnusable",
            Self::ChainExhausted { .. } => "ChainExhausted",
            Self::SignInRequired { .. } => "SignInRequired",
            Self::SignInUnknown => "SignInUnknown",
            Self::ConnectionMalformed => "ConnectionMalformed",
            Self::SealingKeyMissing => "SealingKeyMissing",
            Self::StoreUnavailable => "StoreUnavailable",
        }
    }
}
