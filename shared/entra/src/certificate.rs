use std::fmt;
use std::sync::Arc;

use headgate_core::Files;
use zeroize::Zeroizing;

use crate::pem::section;
use crate::signer::PrivateKey;

/// A certificate that is registered with the application, and its private key.
pub(crate) enum Certificate {
    /// As it was configured.
    Given(Arc<Pair>),
    /// As the file has it at each use: it is renewed on disk.
    File(String),
}

/// A certificate in DER, and its key.
pub(crate) struct Pair {
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: PrivateKey,
}

impl Certificate {
    pub(crate) async fn pair(&self, files: &impl Files) -> Result<Arc<Pair>, &'static str> {
        match self {
            Self::Given(pair) => Ok(Arc::clone(pair)),
            Self::File(path) => {
                let text = files.read(path).await.map_err(|_| "cannot be read from its file")?;
                let text = Zeroizing::new(text);
                let text = std::str::from_utf8(&text).map_err(|_| "is no PEM text")?;
                Pair::parse(text).map(Arc::new)
            }
        }
    }
}

impl Pair {
    /// Reads PEM: the first certificate, and an RSA private key in PKCS#8 or PKCS#1. Further certificates are not looked at.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let certificate = section(text, "CERTIFICATE").ok_or("has no section CERTIFICATE")?;
        let pkcs8 = section(text, "PRIVATE KEY").map(PrivateKey::Pkcs8);
        let key = pkcs8.or_else(|| section(text, "RSA PRIVATE KEY").map(PrivateKey::Pkcs1));
        let key = match key {
            Some(key) => key,
            None if text.contains("BEGIN ENCRYPTED PRIVATE KEY") => {
                return Err("has a private key that is encrypted: decrypt it first");
            }
            None => return Err("has no section PRIVATE KEY"),
        };
        if !key.is_sound() {
            return Err("has a private key that is no RSA key of 2048 to 8192 bits");
        }
        Ok(Self { certificate: certificate.to_vec(), key })
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(_) => formatter.write_str("Certificate(…)"),
            Self::File(path) => write!(formatter, "Certificate(file {path})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};

    use super::*;

    fn error(text: &str) -> &'static str {
        Pair::parse(text).err().unwrap()
    }

    #[test]
    fn a_pair_is_one_pem_text_and_debug_shows_none_of_it() {
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let certificate = CertificateParams::default().self_signed(&key).unwrap();
        let text = format!("{}{}", certificate.pem(), key.serialize_pem());
        let pair = Pair::parse(&text).unwrap();
        assert_eq!(pair.certificate, certificate.der().to_vec());
        assert_eq!(format!("{:?}", Certificate::Given(Arc::new(pair))), "Certificate(…)");
        assert_eq!(error(&key.serialize_pem()), "has no section CERTIFICATE");
        assert_eq!(error(&certificate.pem()), "has no section PRIVATE KEY");
        let encrypted =
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----";
        assert!(error(&format!("{}{encrypted}", certificate.pem())).contains("encrypted"));
        let other = KeyPair::generate().unwrap();
        let elliptic = format!("{}{}", certificate.pem(), other.serialize_pem());
        assert!(error(&elliptic).contains("no RSA key"));
    }
}
