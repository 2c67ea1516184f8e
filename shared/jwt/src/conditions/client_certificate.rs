//! `validate-client-certificate` (contracts §4.3).
//!
//! TLS ends before this function, at a proxy that has the client prove that it owns the certificate's key and then
//! hands the certificate over in a header ([`PresentedCertificate`]). What the certificate is worth is judged here,
//! against issuers and revocation lists that the operator configures ([`TrustAnchors`]): nothing is fetched, and no
//! list of public authorities is built in.

mod algorithms;
mod certificate;
mod chain;
mod distinguished_name;
mod forwarded;
mod identity;
mod pem;
mod presented;
#[cfg(test)]
mod tests;
mod trust;

use headgate_core::Timestamp;

use self::distinguished_name::DistinguishedName;
pub use self::distinguished_name::NameError;
pub use self::pem::PemError;
pub use self::presented::{CertificateError, PresentedCertificate};
pub use self::trust::{TrustAnchors, TrustError};
use super::{Reason, Refusal};
use crate::policy::ValidateClientCertificate;

/// Judges the certificate that the client showed, in this order: its time, its chain and revocation, its identity.
///
/// The two ends of its validity are switched off one by one, and a chain is judged at one moment. So an expired
/// certificate, with `validate-not-after` off, is judged at the last moment at which it was valid, and one that is not
/// yet valid, with `validate-not-before` off, at the first. The issuers on its chain, and the revocation lists, must be
/// valid at that same moment. In every other case the moment is `now`.
///
/// With revocation on, every certificate on the chain below the anchor needs a list that covers it and is current. With
/// trust off there is no chain, and a list of the certificate's own issuer is asked.
///
/// `ignore-error` is the caller's to apply.
///
/// # Errors
///
/// A [`Refusal`] with 403. What the policy needs and the operator did not configure is refused too; see
/// [`check_configured`].
pub fn judge(
    policy: &ValidateClientCertificate,
    presented: Option<&PresentedCertificate>,
    trust: &TrustAnchors,
    now: Timestamp,
) -> Result<(), Refusal> {
    decide(policy, presented, trust, now)
        .map_err(|reason| Refusal::forbidden(reason, message(reason)))
}

fn decide(
    policy: &ValidateClientCertificate,
    presented: Option<&PresentedCertificate>,
    trust: &TrustAnchors,
    now: Timestamp,
) -> Result<(), Reason> {
    let presented = presented.ok_or(Reason::ClientCertificateNotPresent)?;
    let leaf = &presented.leaf;
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if policy.validate_not_before && now < leaf.not_before {
        return Err(Reason::ClientCertificateNotYetValid);
    }
    if policy.validate_not_after && now > leaf.not_after {
        return Err(Reason::ClientCertificateExpired);
    }
    let at = chain::unix_time(now.max(leaf.not_before).min(leaf.not_after));
    if policy.validate_trust {
        chain::judge_trust(presented, trust, policy.validate_revocation, at)?;
    } else if policy.validate_revocation {
        chain::judge_revocation(leaf, trust, now)?;
    }
    let known = policy.identities.is_empty()
        || policy.identities.iter().any(|known| identity::matches(known, presented, trust, at));
    if known { Ok(()) } else { Err(Reason::ClientCertificateNotAllowed) }
}

const fn message(reason: Reason) -> &'static str {
    match reason {
        Reason::ClientCertificateNotPresent => {
            "Client certificate was not presented. Access denied."
        }
        Reason::ClientCertificateNotTrusted => "Client certificate is not trusted. Access denied.",
        Reason::ClientCertificateRevoked => "Client certificate is revoked. Access denied.",
        Reason::ClientCertificateRevocationUnknown => {
            "Client certificate's revocation status is unknown. Access denied."
        }
        Reason::ClientCertificateNotYetValid => {
            "Client certificate is not yet valid. Access denied."
        }
        Reason::ClientCertificateExpired => "Client certificate is expired. Access denied.",
        Reason::ClientCertificateNotAllowed => "Client certificate is not allowed. Access denied.",
        Reason::ClientCertificateInvalid
        | Reason::FailedToParseCallerIp
        | Reason::CallerIpNotAllowed
        | Reason::CallerIpBlocked
        | Reason::HeaderNotFound
        | Reason::HeaderValueNotAllowed => "Client certificate cannot be read. Access denied.",
    }
}

/// Why a statement could never let a certificate pass as it is configured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotConfigured {
    /// Trust is to be judged and nobody is trusted.
    #[error(
        "validate-client-certificate needs trust anchors: set client_certificate_anchors, or validate-trust=\"false\""
    )]
    Anchors,
    /// Revocation is to be judged and there is no list.
    #[error(
        "validate-client-certificate needs revocation lists: set client_certificate_crls, or validate-revocation=\"false\""
    )]
    RevocationLists,
    /// An identity gives no attribute; counts from one.
    #[error(
        "identity {0} of validate-client-certificate has no attribute: give it one or remove it"
    )]
    EmptyIdentity(usize),
    /// An identity's name is no distinguished name; counts from one.
    #[error("{attribute} of identity {identity} is not a distinguished name: {error}")]
    Name {
        /// The identity.
        identity: usize,
        /// `subject` or `issuer-subject`.
        attribute: &'static str,
        /// What is wrong.
        error: NameError,
    },
    /// An identity's issuer certificate cannot be read; counts from one.
    #[error("issuer-certificate-id of identity {0} is not an X.509 certificate in DER")]
    IssuerCertificate(usize),
}

/// Checks, when a policy is loaded, that it is complete and that what it needs is configured.
///
/// # Errors
///
/// The first [`NotConfigured`], which says what to set or to switch off.
pub fn check_configured(
    policy: &ValidateClientCertificate,
    trust: &TrustAnchors,
) -> Result<(), NotConfigured> {
    if policy.validate_trust && trust.anchors.is_empty() {
        return Err(NotConfigured::Anchors);
    }
    if policy.validate_revocation && trust.revocation_lists.is_empty() {
        return Err(NotConfigured::RevocationLists);
    }
    for (index, known) in policy.identities.iter().enumerate() {
        let identity = index + 1;
        if *known == crate::policy::Identity::default() {
            return Err(NotConfigured::EmptyIdentity(identity));
        }
        for (attribute, name) in
            [("subject", &known.subject), ("issuer-subject", &known.issuer_subject)]
        {
            if let Some(Err(error)) = name.as_deref().map(DistinguishedName::parse) {
                return Err(NotConfigured::Name { identity, attribute, error });
            }
        }
        if known.issuer_certificate.as_deref().is_some_and(|der| !identity::is_certificate(der)) {
            return Err(NotConfigured::IssuerCertificate(identity));
        }
    }
    Ok(())
}
