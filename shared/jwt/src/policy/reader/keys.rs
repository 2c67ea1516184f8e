use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::attributes::{optional, text};
use crate::policy::error::{PolicyError, PolicyErrorKind};
use crate::policy::model::{DecryptionKey, DecryptionKeyMaterial, SigningKey, SigningKeyMaterial};
use crate::policy::node::{Attribute, Node};
use crate::policy::{der, pem};

/// What a `key` element is made of, before its use is known.
enum Material<'a> {
    Text(&'a Node),
    /// PEM; `certificate-id` is resolved to it.
    Certificate(&'a Attribute),
    Rsa {
        n: &'a Attribute,
        e: &'a Attribute,
    },
}

const CERTIFICATE: &str = "certificate";

/// `issuer-signing-keys` of a statement.
pub(super) fn signing(statement: &Node) -> Result<Vec<SigningKey>, PolicyError> {
    let read = |node: &Node| {
        let material = match material(node)? {
            Material::Text(node) => SigningKeyMaterial::Symmetric(signing_secret(node)?),
            Material::Certificate(found) => SigningKeyMaterial::Certificate(
                certificate(&found.value)
                    .ok_or(PolicyErrorKind::NotCertificate { subject: CERTIFICATE })
                    .map_err(|kind| kind.at(found.position))?,
            ),
            Material::Rsa { n, e } => SigningKeyMaterial::Rsa { n: modulus(n)?, e: exponent(e)? },
        };
        Ok(SigningKey { id: text(node, "id")?, material })
    };
    statement.list("issuer-signing-keys").iter().map(read).collect()
}

/// `decryption-keys` of a statement.
pub(super) fn decryption(statement: &Node) -> Result<Vec<DecryptionKey>, PolicyError> {
    let read = |node: &Node| {
        let material = match material(node)? {
            Material::Text(node) => DecryptionKeyMaterial::Symmetric(decryption_secret(node)?),
            Material::Certificate(found) => DecryptionKeyMaterial::RsaPrivateKey(
                private_key(&found.value).map_err(|kind| kind.at(found.position))?,
            ),
            Material::Rsa { n, .. } => {
                return Err(PolicyErrorKind::PublicKeyCannotDecrypt.at(n.position));
            }
        };
        Ok(DecryptionKey { id: text(node, "id")?, material })
    };
    statement.list("decryption-keys").iter().map(read).collect()
}

fn material(node: &Node) -> Result<Material<'_>, PolicyError> {
    let twice = || PolicyErrorKind::KeyMaterialTwice.at(node.position);
    let certificate = optional(node, CERTIFICATE)?;
    // A key that had both certificate and certificate-id has two of the former once it is resolved.
    if node.attributes.iter().filter(|attribute| attribute.name == CERTIFICATE).count() > 1 {
        return Err(twice());
    }
    let rsa = (optional(node, "n")?, optional(node, "e")?);
    match (node.text.is_empty(), certificate, rsa) {
        (true, None, (None, None)) => Err(PolicyErrorKind::NoKeyMaterial.at(node.position)),
        (false, None, (None, None)) => Ok(Material::Text(node)),
        (true, Some(found), (None, None)) => Ok(Material::Certificate(found)),
        (true, None, (Some(n), Some(e))) => Ok(Material::Rsa { n, e }),
        (true, None, _) => Err(PolicyErrorKind::HalfRsaKey.at(node.position)),
        _ => Err(twice()),
    }
}

/// HMAC wants a key at least as long as its hash (RFC 7518 §3.2); the longer hashes are judged with the algorithm.
fn signing_secret(node: &Node) -> Result<Zeroizing<Vec<u8>>, PolicyError> {
    let secret = secret(node)?;
    if secret.len() < 32 {
        return Err(PolicyErrorKind::SymmetricKeyShort.at(node.position));
    }
    Ok(secret)
}

/// `dir` takes the content key itself: 128 or 256 bits for GCM, 256 or 512 for CBC with HMAC (RFC 7518 §5).
fn decryption_secret(node: &Node) -> Result<Zeroizing<Vec<u8>>, PolicyError> {
    let secret = secret(node)?;
    if !matches!(secret.len(), 16 | 32 | 64) {
        return Err(PolicyErrorKind::DecryptionKeyLength.at(node.position));
    }
    Ok(secret)
}

fn secret(node: &Node) -> Result<Zeroizing<Vec<u8>>, PolicyError> {
    STANDARD
        .decode(node.text.as_bytes())
        .map(Zeroizing::new)
        .map_err(|_| PolicyErrorKind::NotBase64 { subject: "the text of key" }.at(node.position))
}

fn modulus(found: &Attribute) -> Result<Vec<u8>, PolicyError> {
    let n = integer(found, "n")?;
    if !is_rsa_size(&n) {
        return Err(PolicyErrorKind::RsaKeySize.at(found.position));
    }
    if !is_odd(&n) {
        return Err(PolicyErrorKind::ModulusEven.at(found.position));
    }
    Ok(n)
}

fn exponent(found: &Attribute) -> Result<Vec<u8>, PolicyError> {
    let e = integer(found, "e")?;
    if !is_odd(&e) || e == [1] || e.len() > 4 {
        return Err(PolicyErrorKind::ExponentUnsound.at(found.position));
    }
    Ok(e)
}

/// A big-endian number without leading zeros.
fn integer(found: &Attribute, attribute: &'static str) -> Result<Vec<u8>, PolicyError> {
    let bytes = URL_SAFE_NO_PAD
        .decode(found.value.as_bytes())
        .map_err(|_| PolicyErrorKind::NotBase64Url { attribute }.at(found.position))?;
    Ok(significant(&bytes).to_vec())
}

fn significant(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

fn is_odd(number: &[u8]) -> bool {
    number.last().is_some_and(|byte| byte % 2 == 1)
}

fn is_rsa_size(modulus: &[u8]) -> bool {
    let modulus = significant(modulus);
    let unused = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    (2048..=8192).contains(&(modulus.len() * 8 - unused))
}

/// The first certificate of a PEM text.
pub(super) fn certificate(text: &str) -> Option<Vec<u8>> {
    pem::section(text, "CERTIFICATE").filter(|der| der::is_certificate(der)).map(|der| der.to_vec())
}

/// The RSA private key of a PEM text, in PKCS#8.
fn private_key(text: &str) -> Result<Zeroizing<Vec<u8>>, PolicyErrorKind> {
    let missing = PolicyErrorKind::NotPrivateKey { subject: CERTIFICATE };
    let pkcs8 = match pem::section(text, "PRIVATE KEY") {
        Some(pkcs8) => pkcs8,
        None => match pem::section(text, "RSA PRIVATE KEY") {
            Some(pkcs1) => Zeroizing::new(der::pkcs8_of_pkcs1(&pkcs1)),
            None => return Err(missing),
        },
    };
    let Some(modulus) = der::modulus_of_pkcs8(&pkcs8) else {
        return Err(missing);
    };
    if !is_rsa_size(modulus) {
        return Err(PolicyErrorKind::RsaKeySize);
    }
    Ok(pkcs8)
}
