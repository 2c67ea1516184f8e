use crc_fast::CrcAlgorithm;
use md5::Md5;
use sha2::{Digest as _, Sha256};

use crate::digest::{Algorithm, Digest, sha256};

/// Computes the digests of one part, of those algorithms alone that a place says digests of parts by.
#[derive(Default)]
pub(crate) struct PartHasher {
    sha256: Option<Sha256>,
    md5: Option<Md5>,
    crc64: Option<crc_fast::Digest>,
}

impl PartHasher {
    pub(crate) fn new(algorithms: &[Algorithm]) -> Self {
        let wanted = |algorithm| algorithms.contains(&algorithm);
        Self {
            sha256: wanted(Algorithm::Sha256).then(Sha256::new),
            md5: wanted(Algorithm::Md5).then(Md5::new),
            crc64: wanted(Algorithm::Crc64Nvme)
                .then(|| crc_fast::Digest::new(CrcAlgorithm::Crc64Nvme)),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        if let Some(sha256) = &mut self.sha256 {
            sha256::update(sha256, bytes);
        }
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        if let Some(crc64) = &mut self.crc64 {
            crc64.update(bytes);
        }
    }

    pub(crate) fn finish(self) -> Vec<Digest> {
        let digest = |algorithm, value: &[u8]| Digest { algorithm, value: value.to_vec() };
        let sha256 = self.sha256.map(|sha256| digest(Algorithm::Sha256, &sha256.finalize()));
        let md5 = self.md5.map(|md5| digest(Algorithm::Md5, &md5.finalize()));
        let crc64 = self.crc64.map(|crc64| crc64.finalize().to_be_bytes());
        let crc64 = crc64.map(|value| digest(Algorithm::Crc64Nvme, &value));
        sha256.into_iter().chain(md5).chain(crc64).collect()
    }
}
