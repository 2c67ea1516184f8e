use der::{ErrorKind, Result, Tag};

use super::der_numbers::{RSA_ENCRYPTION, number};
use crate::elements::{Elements, context_specific};

/// The numbers of an RSA private key with two primes, big-endian without leading zeros.
pub(super) struct RsaPrivateNumbers<'a> {
    pub(super) n: &'a [u8],
    pub(super) e: &'a [u8],
    pub(super) d: &'a [u8],
    pub(super) p: &'a [u8],
    pub(super) q: &'a [u8],
}

impl<'a> RsaPrivateNumbers<'a> {
    /// Reads PKCS#8 (RFC 5958 §2) and in it PKCS#1 (RFC 8017 §A.1.2). Attributes and the public key may stand behind
    /// and are not looked into; whether the numbers belong together is not judged.
    ///
    /// # Errors
    ///
    /// The encoding is not DER or not of this shape, or the key is for something else than `rsaEncryption`.
    pub(super) fn from_pkcs8(der: &'a [u8]) -> Result<Self> {
        let mut info = Elements::of_sequence(der)?;
        require(matches!(info.content(Tag::Integer)?, [0] | [1]))?;
        let mut algorithm = info.sequence()?;
        require(algorithm.content(Tag::ObjectIdentifier)? == RSA_ENCRYPTION.as_bytes())?;
        require(algorithm.content(Tag::Null)?.is_empty())?;
        algorithm.end()?;
        let key = info.content(Tag::OctetString)?;
        info.content_if(context_specific(0, true))?;
        info.content_if(context_specific(1, false))?;
        info.end()?;

        let mut key = Elements::of_sequence(key)?;
        require(key.content(Tag::Integer)? == [0])?;
        let (n, e, d) = (number(&mut key)?, number(&mut key)?, number(&mut key)?);
        let (p, q) = (number(&mut key)?, number(&mut key)?);
        // What follows from the others: the exponents modulo each prime, and the coefficient.
        for _ in 0..3 {
            number(&mut key)?;
        }
        key.end()?;
        Ok(Self { n, e, d, p, q })
    }
}

fn require(condition: bool) -> Result<()> {
    if condition { Ok(()) } else { Err(ErrorKind::Failed.into()) }
}
