//! What tells one content from another: digests, as places know them and as a relay computes them.
//!
//! - [`Digest`] and [`Algorithm`]: values, in hexadecimal and in base64, as each place writes them.
//! - [`Hasher`] computes several in one pass; [`Hasher::save`] and [`Hasher::resume`] carry it into another process.
//! - [`differing`] compares what two sides know.

mod algorithm;
mod hasher;
mod hex;
mod quick_xor;
pub(crate) mod sha256;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

pub use algorithm::Algorithm;
pub use hasher::{Hasher, HasherState, HasherStateError};

/// The digest of a content.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// How it was made.
    pub algorithm: Algorithm,
    /// Big-endian, as long as the algorithm makes it.
    #[serde(with = "hex")]
    pub value: Vec<u8>,
}

impl Digest {
    /// Reads hexadecimal digits, of either case; `None` when they are no digest of this algorithm.
    #[must_use]
    pub fn from_hex(algorithm: Algorithm, text: &str) -> Option<Self> {
        Self::of(algorithm, hex::decode(text)?)
    }

    /// Reads base64 (RFC 4648 §4, with its padding), as `Content-MD5`, S3's checksums and Graph's `quickXorHash` are written;
    /// `None` when it is no digest of this algorithm.
    #[must_use]
    pub fn from_base64(algorithm: Algorithm, text: &str) -> Option<Self> {
        Self::of(algorithm, STANDARD.decode(text).ok()?)
    }

    /// Reads Azure's `x-ms-content-crc64`: base64 of the eight bytes, the least significant first (contracts, Power Platform
    /// §5.3, marked [M]).
    #[must_use]
    pub fn from_azure_crc64(text: &str) -> Option<Self> {
        let mut digest = Self::from_base64(Algorithm::Crc64Nvme, text)?;
        digest.value.reverse();
        Some(digest)
    }

    /// The value in lower-case hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> String {
        hex::encode(&self.value)
    }

    /// The value in base64 (RFC 4648 §4), as `Content-MD5`, S3's checksums and Graph's `quickXorHash` are written. S3's
    /// CRC-64/NVME has the most significant byte first (contracts, Power Platform §5.4, marked [M]).
    #[must_use]
    pub fn base64(&self) -> String {
        STANDARD.encode(&self.value)
    }

    /// The value as Azure's `x-ms-content-crc64` has it, if this is a CRC-64/NVME: see [`from_azure_crc64`](Self::from_azure_crc64).
    #[must_use]
    pub fn azure_crc64(&self) -> Option<String> {
        let is_crc = self.algorithm == Algorithm::Crc64Nvme;
        is_crc.then(|| STANDARD.encode(self.value.iter().rev().copied().collect::<Vec<u8>>()))
    }

    fn of(algorithm: Algorithm, value: Vec<u8>) -> Option<Self> {
        (value.len() == algorithm.length()).then_some(Self { algorithm, value })
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.algorithm, self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The first algorithm that both know and by which the contents are not the same. `None` says nothing of algorithms that only
/// one of them knows.
#[must_use]
pub fn differing(ours: &[Digest], theirs: &[Digest]) -> Option<Algorithm> {
    ours.iter()
        .flat_map(|our| theirs.iter().map(move |their| (our, their)))
        .find(|(our, their)| our.algorithm == their.algorithm && our.value != their.value)
        .map(|(our, _)| our.algorithm)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of CRC-64/NVME (NVM Express, and Greg Cook's catalogue): `123456789` gives ae8b14860a799888.
    fn crc64() -> Digest {
        Digest::from_hex(Algorithm::Crc64Nvme, "AE8B14860a799888").unwrap()
    }

    #[test]
    fn each_cloud_has_the_bytes_of_a_crc_in_its_own_order() {
        assert_eq!(crc64().base64(), "rosUhgp5mIg=");
        assert_eq!(crc64().azure_crc64().as_deref(), Some("iJh5CoYUi64="));
        assert_eq!(Digest::from_base64(Algorithm::Crc64Nvme, "rosUhgp5mIg="), Some(crc64()));
        assert_eq!(Digest::from_azure_crc64("iJh5CoYUi64="), Some(crc64()));
        assert_eq!(Digest { algorithm: Algorithm::Md5, value: vec![0; 16] }.azure_crc64(), None);
    }

    #[test]
    fn a_text_that_is_no_digest_of_the_algorithm_is_none() {
        for text in ["", "00", "zz", "0", "ae8b14860a79988", "ae8b14860a79988x", "äe8b14860a79988"]
        {
            assert_eq!(Digest::from_hex(Algorithm::Crc64Nvme, text), None, "{text}");
        }
        assert_eq!(Digest::from_hex(Algorithm::Md5, "ae8b14860a799888"), None);
        for text in ["rosUhgp5mIg", "rosUhgp5mIh=", "AAAA", " rosUhgp5mIg="] {
            assert_eq!(Digest::from_base64(Algorithm::Crc64Nvme, text), None, "{text}");
        }
    }

    #[test]
    fn a_digest_is_kept_as_its_name_and_hexadecimal_digits() {
        let json = r#"{"algorithm":"crc64nvme","value":"ae8b14860a799888"}"#;
        assert_eq!(serde_json::to_string(&crc64()).unwrap(), json);
        assert_eq!(serde_json::from_str::<Digest>(json).unwrap(), crc64());
        assert!(serde_json::from_str::<Digest>(&json.replace("ae8", "ae")).is_err());
        assert_eq!(
            format!("{0} {0:?}", crc64()),
            "crc64nvme:ae8b14860a799888 crc64nvme:ae8b14860a799888"
        );
    }

    #[test]
    fn contents_differ_where_both_know_an_algorithm_and_its_values_do() {
        let md5 = |byte| Digest { algorithm: Algorithm::Md5, value: vec![byte; 16] };
        assert_eq!(differing(&[md5(1), crc64()], &[md5(1)]), None);
        assert_eq!(differing(&[md5(1)], &[crc64()]), None);
        assert_eq!(differing(&[crc64(), md5(1)], &[crc64(), md5(2)]), Some(Algorithm::Md5));
    }
}
