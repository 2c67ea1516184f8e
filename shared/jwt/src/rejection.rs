//! Every way to say no, and the one place that chooses a status.

use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;

use crate::conditions::Refusal;
use crate::token::TokenError;

/// Every way a request is refused. `Display` is what its caller reads: it names what to fix and shows no token, key,
/// claim value or header value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No token where the policy looks for it, or not with the scheme that the policy requires.
    #[error("JWT not present.")]
    TokenNotPresent,
    /// The token is not a well-formed JWS or JWE that this function accepts.
    #[error("Invalid JWT: {0}. Access denied.")]
    TokenMalformed(TokenError),
    /// The token is encrypted and no decryption key of the policy opens it.
    #[error("JWT cannot be decrypted with the policy's keys. Access denied.")]
    TokenNotDecrypted,
    /// The token is encrypted, holds no signature, and the policy requires one.
    #[error("JWT is not signed. Access denied.")]
    TokenNotSigned,
    /// No accepted key has the token's `kid`.
    #[error("JWT signature key was not found. Access denied.")]
    SignatureKeyNotFound,
    /// The signature does not verify with any key that may have made it.
    #[error("JWT signature is invalid. Access denied.")]
    SignatureInvalid,
    /// `iss` is not one of the policy's issuers, or its key belongs to another.
    #[error("JWT issuer is not allowed. Access denied.")]
    IssuerNotAllowed,
    /// `aud` has none of the policy's audiences.
    #[error("JWT audience is not allowed. Access denied.")]
    AudienceNotAllowed,
    /// `exp` has passed.
    #[error("JWT is expired. Access denied.")]
    TokenExpired,
    /// `nbf` lies in the future.
    #[error("JWT is not yet valid. Access denied.")]
    TokenNotYetValid,
    /// There is no `exp` and the policy requires one.
    #[error("JWT has no expiration time. Access denied.")]
    ExpirationMissing,
    /// Required claims are absent; holds their names.
    #[error("JWT token is missing the following claims: {}. Access denied.", .0.join(", "))]
    ClaimNotFound(Vec<String>),
    /// A required claim has not the values that the policy lists; holds its name.
    #[error("Claim {0} value is not allowed. Access denied.")]
    ClaimValueNotAllowed(Cow<'static, str>),
    /// An `ip-filter`, `check-header` or `validate-client-certificate` refuses.
    #[error("{}", .0.message)]
    Condition(Refusal),
    /// The product needs a subscription key and the request has none.
    #[error(
        "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API."
    )]
    SubscriptionKeyNotFound,
    /// The subscription key is unknown, not active, or of another product.
    #[error(
        "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."
    )]
    SubscriptionKeyInvalid,
    /// The path names a policy that does not exist.
    #[error("Resource not found")]
    PolicyNotFound,
    /// An issuer's keys have never been had and cannot be had now.
    #[error("The keys to validate the JWT with are unavailable. Try again later.")]
    KeysUnavailable {
        /// When another attempt is made.
        retry_after: Duration,
    },
}

impl Rejection {
    /// The reason's name: contracts §4.7 where it has one.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::TokenNotPresent => "TokenNotPresent",
            Self::TokenMalformed(_)
            | Self::TokenNotDecrypted
            | Self::TokenNotSigned
            | Self::TokenNotYetValid
            | Self::ExpirationMissing => "JwtInvalid",
            Self::SignatureKeyNotFound => "TokenSignatureKeyNotFound",
            Self::SignatureInvalid => "TokenSignatureInvalid",
            Self::IssuerNotAllowed => "TokenIssuerNotAllowed",
            Self::AudienceNotAllowed => "TokenAudienceNotAllowed",
            Self::TokenExpired => "TokenExpired",
            Self::ClaimNotFound(_) => "TokenClaimNotFound",
            Self::ClaimValueNotAllowed(_) => "TokenClaimValueNotAllowed",
            Self::Condition(refusal) => refusal.reason.as_str(),
            Self::SubscriptionKeyNotFound => "SubscriptionKeyNotFound",
            Self::SubscriptionKeyInvalid => "SubscriptionKeyInvalid",
            Self::PolicyNotFound => "OperationNotFound",
            Self::KeysUnavailable { .. } => "KeysUnavailable",
        }
    }

    /// The status when the policy does not choose one. The one place where statuses are chosen.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::TokenNotPresent
            | Self::TokenMalformed(_)
            | Self::TokenNotDecrypted
            | Self::TokenNotSigned
            | Self::SignatureKeyNotFound
            | Self::SignatureInvalid
            | Self::IssuerNotAllowed
            | Self::AudienceNotAllowed
            | Self::TokenExpired
            | Self::TokenNotYetValid
            | Self::ExpirationMissing
            | Self::ClaimNotFound(_)
            | Self::ClaimValueNotAllowed(_)
            | Self::SubscriptionKeyNotFound
            | Self::SubscriptionKeyInvalid => StatusCode::UNAUTHORIZED,
            Self::Condition(refusal) => refusal.status,
            Self::PolicyNotFound => StatusCode::NOT_FOUND,
            Self::KeysUnavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Whether the policy's `failed-validation-httpcode` and message stand for this rejection: those that judge the
    /// token do; an outage does not, or a caller would throw a good token away.
    #[must_use]
    pub const fn judges_the_token(&self) -> bool {
        match self {
            Self::TokenNotPresent
            | Self::TokenMalformed(_)
            | Self::TokenNotDecrypted
            | Self::TokenNotSigned
            | Self::SignatureKeyNotFound
            | Self::SignatureInvalid
            | Self::IssuerNotAllowed
            | Self::AudienceNotAllowed
            | Self::TokenExpired
            | Self::TokenNotYetValid
            | Self::ExpirationMissing
            | Self::ClaimNotFound(_)
            | Self::ClaimValueNotAllowed(_) => true,
            Self::Condition(_)
            | Self::SubscriptionKeyNotFound
            | Self::SubscriptionKeyInvalid
            | Self::PolicyNotFound
            | Self::KeysUnavailable { .. } => false,
        }
    }
}
