use std::fmt;

use rustls_pki_types::TrustAnchor;
use webpki::{CertRevocationList, OwnedCertRevocationList, anchor_from_trusted_cert};

use super::certificate::Certificate;
use super::pem::{self, PemError};
use crate::x509;

/// Whom the operator trusts to vouch for clients: issuers' certificates, and their lists of revoked ones.
#[derive(Default)]
pub struct TrustAnchors {
    pub(super) certificates: Vec<Certificate>,
    pub(super) anchors: Vec<TrustAnchor<'static>>,
    pub(super) revocation_lists: Vec<RevocationList>,
}

/// A list of revoked certificates, and when its successor is due (seconds since the epoch).
pub(super) struct RevocationList {
    pub(super) list: CertRevocationList<'static>,
    pub(super) next_update: Option<i64>,
}

/// Why trust anchors or revocation lists cannot be used. Names the variable, counts from one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The anchors are not PEM.
    #[error("client_certificate_anchors {0}")]
    AnchorsPem(PemError),
    /// A block is no certificate that can be an anchor.
    #[error("certificate {0} of client_certificate_anchors is not an X.509 certificate")]
    Anchor(usize),
    /// The revocation lists are not PEM.
    #[error("client_certificate_crls {0}")]
    ListsPem(PemError),
    /// A block is no revocation list that can be used: version 2, complete (no delta), direct.
    #[error("list {0} of client_certificate_crls is not a complete X.509 v2 revocation list")]
    List(usize),
}

impl TrustAnchors {
    /// Reads the texts of the variables `client_certificate_anchors` (`CERTIFICATE` blocks) and
    /// `client_certificate_crls` (`X509 CRL` blocks). `None`: not configured.
    ///
    /// # Errors
    ///
    /// [`TrustError`], which names the variable and the block.
    pub fn from_pem(anchors: Option<&str>, lists: Option<&str>) -> Result<Self, TrustError> {
        let mut trust = Self::default();
        if let Some(anchors) = anchors {
            let blocks = pem::blocks(anchors, "CERTIFICATE").map_err(TrustError::AnchorsPem)?;
            for (index, der) in blocks.into_iter().enumerate() {
                trust.add_anchor(der).ok_or(TrustError::Anchor(index + 1))?;
            }
        }
        if let Some(lists) = lists {
            let blocks = pem::blocks(lists, "X509 CRL").map_err(TrustError::ListsPem)?;
            for (index, der) in blocks.into_iter().enumerate() {
                trust.revocation_lists.push(list(&der).ok_or(TrustError::List(index + 1))?);
            }
        }
        Ok(trust)
    }

    fn add_anchor(&mut self, der: Vec<u8>) -> Option<()> {
        let certificate = Certificate::from_der(der).ok()?;
        self.anchors.push(anchor_from_trusted_cert(&certificate.der).ok()?.to_owned());
        self.certificates.push(certificate);
        Some(())
    }
}

fn list(der: &[u8]) -> Option<RevocationList> {
    Some(RevocationList {
        list: OwnedCertRevocationList::from_der(der).ok()?.into(),
        next_update: x509::next_update(der).ok()?,
    })
}

impl fmt::Debug for TrustAnchors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TrustAnchors")
            .field("anchors", &self.anchors.len())
            .field("revocation_lists", &self.revocation_lists.len())
            .finish()
    }
}
