use http::StatusCode;

/// A request that a condition does not let pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// What the caller is told. It has no header value, no address and nothing of a certificate.
    pub message: String,
    /// The status that the statement chooses; 403 where it chooses none.
    pub status: StatusCode,
}

impl Refusal {
    pub(crate) fn forbidden(reason: Reason, message: &str) -> Self {
        Self { reason, message: message.to_owned(), status: StatusCode::FORBIDDEN }
    }
}

/// Why a condition does not let a request pass: the names of contracts §4.7, and this function's own for client
/// certificates, for which none are documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The caller's address is not known.
    FailedToParseCallerIp,
    /// The caller's address is not among those that pass.
    CallerIpNotAllowed,
    /// The caller's address is among those that do not pass.
    CallerIpBlocked,
    /// The header is absent.
    HeaderNotFound,
    /// The header has a value that the policy does not list.
    HeaderValueNotAllowed,
    /// The client showed no certificate.
    ClientCertificateNotPresent,
    /// What the client showed cannot be read as a certificate.
    ClientCertificateInvalid,
    /// No chain leads from the certificate to a trust anchor.
    ClientCertificateNotTrusted,
    /// A revocation list names the certificate, or an issuer of it.
    ClientCertificateRevoked,
    /// No current revocation list covers the certificate, or an issuer of it.
    ClientCertificateRevocationUnknown,
    /// The certificate is not valid yet.
    ClientCertificateNotYetValid,
    /// The certificate has expired.
    ClientCertificateExpired,
    /// The certificate is none of the policy's identities.
    ClientCertificateNotAllowed,
}

impl Reason {
    /// The reason's name, as in `X-Headgate-Reason`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FailedToParseCallerIp => "FailedToParseCallerIP",
            Self::CallerIpNotAllowed => "CallerIpNotAllowed",
            Self::CallerIpBlocked => "CallerIpBlocked",
            Self::HeaderNotFound => "HeaderNotFound",
            Self::HeaderValueNotAllowed => "HeaderValueNotAllowed",
            Self::ClientCertificateNotPresent => "ClientCertificateNotPresent",
            Self::ClientCertificateInvalid => "ClientCertificateInvalid",
            Self::ClientCertificateNotTrusted => "ClientCertificateNotTrusted",
            Self::ClientCertificateRevoked => "ClientCertificateRevoked",
            Self::ClientCertificateRevocationUnknown => "ClientCertificateRevocationUnknown",
            Self::ClientCertificateNotYetValid => "ClientCertificateNotYetValid",
            Self::ClientCertificateExpired => "ClientCertificateExpired",
            Self::ClientCertificateNotAllowed => "ClientCertificateNotAllowed",
        }
    }
}
