use std::fmt;

use serde::{Deserialize, Serialize};

/// A way to make a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Algorithm {
    /// SHA-256 (FIPS 180-4).
    #[serde(rename = "sha-256")]
    Sha256,
    /// MD5 (RFC 1321): against accidents alone.
    #[serde(rename = "md5")]
    Md5,
    /// CRC-64/NVME, whose polynomial Azure Storage uses as well.
    #[serde(rename = "crc64nvme")]
    Crc64Nvme,
    /// Microsoft Graph's `quickXorHash`.
    #[serde(rename = "quickxor")]
    QuickXor,
}

impl Algorithm {
    /// How long a digest is, in bytes.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Md5 => 16,
            Self::Crc64Nvme => 8,
            Self::QuickXor => 20,
        }
    }
}

/// The name that it is written with.
impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Sha256 => "sha-256",
            Self::Md5 => "md5",
            Self::Crc64Nvme => "crc64nvme",
            Self::QuickXor => "quickxor",
        })
    }
}
