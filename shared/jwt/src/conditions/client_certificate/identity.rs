use rustls_pki_types::{CertificateDer, UnixTime};

use super::certificate::Certificate;
use super::chain;
use super::distinguished_name::DistinguishedName;
use super::presented::PresentedCertificate;
use super::trust::TrustAnchors;
use crate::policy::Identity;

/// Whether the certificate is this identity: everything that the identity gives must match. One that gives nothing
/// matches no certificate.
///
/// Names are compared as [`DistinguishedName::is`] says; common names exactly; DNS names without case, and a wildcard
/// is a name like any other. An issuer is not who the certificate says it is but a certificate, of those presented or
/// of the anchors, whose key made the signature.
pub(super) fn matches(
    identity: &Identity,
    presented: &PresentedCertificate,
    trust: &TrustAnchors,
    at: UnixTime,
) -> bool {
    let leaf = &presented.leaf;
    let named = |name: &String, actual: &DistinguishedName| {
        DistinguishedName::parse(name).is_ok_and(|name| name.is(actual))
    };
    let checks =
        [
            identity.thumbprint.as_ref().map(|wanted| leaf.thumbprint.eq_ignore_ascii_case(wanted)),
            identity.serial_number.as_ref().map(|wanted| {
                leaf.serial_number.eq_ignore_ascii_case(wanted.trim_start_matches('0'))
            }),
            identity.common_name.as_ref().map(|wanted| leaf.subject.common_name() == Some(wanted)),
            identity.subject.as_ref().map(|wanted| named(wanted, &leaf.subject)),
            identity
                .dns_name
                .as_ref()
                .map(|wanted| leaf.dns_names.iter().any(|name| name.eq_ignore_ascii_case(wanted))),
            identity.issuer_subject.as_ref().map(|wanted| named(wanted, &leaf.issuer)),
            identity.issuer_thumbprint.as_ref().map(|wanted| {
                let known = presented.issuers.iter().chain(&trust.certificates);
                known
                    .filter(|issuer| issuer.thumbprint.eq_ignore_ascii_case(wanted))
                    .any(|issuer| chain::is_signed_by(leaf, &issuer.der, at))
            }),
            identity.issuer_certificate.as_ref().map(|wanted| {
                chain::is_signed_by(leaf, &CertificateDer::from(wanted.as_slice()), at)
            }),
        ];
    let given: Vec<bool> = checks.into_iter().flatten().collect();
    !given.is_empty() && given.into_iter().all(|matched| matched)
}

/// Whether an identity's issuer certificate can be read.
pub(super) fn is_certificate(der: &[u8]) -> bool {
    Certificate::from_der(der.to_vec()).is_ok()
}
