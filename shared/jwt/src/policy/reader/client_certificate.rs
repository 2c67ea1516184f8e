use super::attributes::{boolean, optional, text};
use super::keys;
use crate::policy::error::{PolicyError, PolicyErrorKind};
use crate::policy::model::{Identity, ValidateClientCertificate};
use crate::policy::node::Node;

const ISSUER_CERTIFICATE: &str = "issuer-certificate";

/// `validate-client-certificate` (contracts §4.3).
pub(super) fn read(node: &Node) -> Result<ValidateClientCertificate, PolicyError> {
    Ok(ValidateClientCertificate {
        validate_revocation: boolean(node, "validate-revocation", true)?,
        validate_trust: boolean(node, "validate-trust", true)?,
        validate_not_before: boolean(node, "validate-not-before", true)?,
        validate_not_after: boolean(node, "validate-not-after", true)?,
        ignore_error: boolean(node, "ignore-error", false)?,
        identities: node.list("identities").iter().map(identity).collect::<Result<_, _>>()?,
    })
}

fn identity(node: &Node) -> Result<Identity, PolicyError> {
    if node.attributes.is_empty() {
        return Err(PolicyErrorKind::EmptyIdentity.at(node.position));
    }
    let identity = Identity {
        thumbprint: thumbprint(node, "thumbprint")?,
        serial_number: serial_number(node, "serial-number")?,
        common_name: text(node, "common-name")?,
        subject: text(node, "subject")?,
        dns_name: text(node, "dns-name")?,
        issuer_subject: text(node, "issuer-subject")?,
        issuer_thumbprint: thumbprint(node, "issuer-thumbprint")?,
        issuer_certificate: issuer_certificate(node)?,
    };
    let certificates =
        |name: &str| node.attributes.iter().filter(|found| found.name == name).count();
    let by_name = identity.issuer_subject.is_some() || identity.issuer_thumbprint.is_some();
    if certificates(ISSUER_CERTIFICATE) > usize::from(!by_name) {
        return Err(PolicyErrorKind::IssuerTwice.at(node.position));
    }
    Ok(identity)
}

fn issuer_certificate(node: &Node) -> Result<Option<Vec<u8>>, PolicyError> {
    let Some(found) = optional(node, ISSUER_CERTIFICATE)? else {
        return Ok(None);
    };
    match keys::certificate(&found.value) {
        Some(der) => Ok(Some(der)),
        None => {
            Err(PolicyErrorKind::NotCertificate { subject: ISSUER_CERTIFICATE }.at(found.position))
        }
    }
}

fn thumbprint(node: &Node, attribute: &'static str) -> Result<Option<String>, PolicyError> {
    let Some(found) = optional(node, attribute)? else {
        return Ok(None);
    };
    match hexadecimal(&found.value) {
        Some(digits) if digits.len() == 40 => Ok(Some(digits)),
        _ => Err(PolicyErrorKind::NotThumbprint { attribute }.at(found.position)),
    }
}

fn serial_number(node: &Node, attribute: &'static str) -> Result<Option<String>, PolicyError> {
    let Some(found) = optional(node, attribute)? else {
        return Ok(None);
    };
    match hexadecimal(&found.value) {
        Some(digits) => Ok(Some(digits.trim_start_matches('0').to_owned())),
        None => Err(PolicyErrorKind::NotSerialNumber { attribute }.at(found.position)),
    }
}

/// Hexadecimal digits in lower case, without the colons and blanks that tools put between them.
fn hexadecimal(text: &str) -> Option<String> {
    let digits: String = text
        .chars()
        .filter(|character| !matches!(character, ':' | ' '))
        .map(|character| character.to_ascii_lowercase())
        .collect();
    (!digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit())).then_some(digits)
}
