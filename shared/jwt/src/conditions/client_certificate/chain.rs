use std::time::Duration;

use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{
    CertRevocationList, EndEntityCert, Error, ExpirationPolicy, ExtendedKeyUsageValidator,
    KeyPurposeIdIter, KeyUsage, RevocationOptions, RevocationOptionsBuilder,
    anchor_from_trusted_cert,
};

use super::algorithms;
use super::certificate::Certificate;
use super::presented::PresentedCertificate;
use super::trust::TrustAnchors;
use crate::conditions::Reason;

/// Judges whether a chain for client authentication leads from the certificate to an anchor (RFC 5280 §6), and, with
/// `revocation`, whether no certificate on it below the anchor is revoked.
///
/// `at` is the time at which all of the chain must be valid.
pub(super) fn judge_trust(
    presented: &PresentedCertificate,
    trust: &TrustAnchors,
    revocation: bool,
    at: UnixTime,
) -> Result<(), Reason> {
    let lists: Vec<&CertRevocationList<'_>> =
        trust.revocation_lists.iter().map(|known| &known.list).collect();
    let options = if revocation { Some(revocation_options(&lists)?) } else { None };
    let issuers: Vec<CertificateDer<'_>> =
        presented.issuers.iter().map(|issuer| issuer.der.clone()).collect();
    let usage = KeyUsage::client_auth();
    verify(&presented.leaf, &trust.anchors, &issuers, at, usage, options).map_err(reason)
}

/// Judges revocation where trust is not judged: a list of the certificate's issuer must exist, be current at `now` and
/// not name it.
///
/// Without a chain there is no issuer's key to verify the list with; it counts because the operator configured it. A
/// list for a part of the certificates can show that one is revoked, and not that it is not.
pub(super) fn judge_revocation(
    leaf: &Certificate,
    trust: &TrustAnchors,
    now: i64,
) -> Result<(), Reason> {
    let leaf = EndEntityCert::try_from(&leaf.der).map_err(|_| Reason::ClientCertificateInvalid)?;
    let mut covered = false;
    for known in trust.revocation_lists.iter().filter(|known| known.list.issuer() == leaf.issuer())
    {
        match known.list.find_serial(leaf.serial()) {
            Ok(None) => {}
            Ok(Some(_)) => return Err(Reason::ClientCertificateRevoked),
            Err(_) => return Err(Reason::ClientCertificateRevocationUnknown),
        }
        let current = known.next_update.is_some_and(|due| now <= due);
        covered |= current && known.list.issuing_distribution_point().is_none();
    }
    if covered { Ok(()) } else { Err(Reason::ClientCertificateRevocationUnknown) }
}

/// Whether `issuer` signed `leaf`, whatever the leaf may be used for.
pub(super) fn is_signed_by(leaf: &Certificate, issuer: &CertificateDer<'_>, at: UnixTime) -> bool {
    let anchor = anchor_from_trusted_cert(issuer);
    anchor.is_ok_and(|anchor| verify(leaf, &[anchor], &[], at, AnyUsage, None).is_ok())
}

/// A time as webpki takes it; one before the epoch counts as the epoch.
pub(super) fn unix_time(seconds: i64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

fn verify(
    leaf: &Certificate,
    anchors: &[TrustAnchor<'_>],
    issuers: &[CertificateDer<'_>],
    at: UnixTime,
    usage: impl ExtendedKeyUsageValidator,
    revocation: Option<RevocationOptions<'_>>,
) -> Result<(), Error> {
    EndEntityCert::try_from(&leaf.der)?
        .verify_for_usage(algorithms::ACCEPTED, anchors, issuers, at, usage, revocation, None)
        .map(|_| ())
}

/// The whole chain below the anchor must be covered by lists that are current; that is webpki's default but for the
/// last.
fn revocation_options<'a>(
    lists: &'a [&'a CertRevocationList<'a>],
) -> Result<RevocationOptions<'a>, Reason> {
    RevocationOptionsBuilder::new(lists)
        .map(|options| options.with_expiration_policy(ExpirationPolicy::Enforce).build())
        .map_err(|_| Reason::ClientCertificateRevocationUnknown)
}

fn reason(error: Error) -> Reason {
    match error {
        Error::CertRevoked => Reason::ClientCertificateRevoked,
        Error::CrlExpired { .. }
        | Error::InvalidCrlSignatureForPublicKey
        | Error::IssuerNotCrlSigner
        | Error::UnknownRevocationStatus
        | Error::UnsupportedCrlSignatureAlgorithmContext(_)
        | Error::UnsupportedCrlSignatureAlgorithmForPublicKeyContext(_) => {
            Reason::ClientCertificateRevocationUnknown
        }
        _ => Reason::ClientCertificateNotTrusted,
    }
}

struct AnyUsage;

impl ExtendedKeyUsageValidator for AnyUsage {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        Ok(())
    }
}
