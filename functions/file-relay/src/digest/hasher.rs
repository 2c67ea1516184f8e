use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crc_fast::CrcAlgorithm;
use md5::Md5;
use serde::{Deserialize, Serialize};
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest as _, Sha256};

use super::quick_xor::QuickXor;
use super::{Algorithm, Digest, sha256};

/// Computes the digests of a content in one pass: SHA-256 always, and what else is asked for.
///
/// ```
/// use headgate_file_relay::digest::{Algorithm, Hasher};
///
/// let mut hasher = Hasher::new(&[Algorithm::Md5]);
/// hasher.update(b"12345");
/// let state = hasher.save(); // kept, and read by another process
/// let mut hasher = Hasher::resume(&state).unwrap();
/// hasher.update(b"6789");
/// assert_eq!(hasher.finish()[1].hex(), "25f9e794323b453885f5181f1b624d0b");
/// ```
#[derive(Clone)]
pub struct Hasher {
    sha256: Sha256,
    md5: Option<Md5>,
    crc64: Option<crc_fast::Digest>,
    quick_xor: Option<QuickXor>,
    length: u64,
}

/// A [`Hasher`] between two bytes, as it is kept: some 250 characters of JSON at the most.
///
/// It has the last bytes of the content in it (fewer than 64), so `Debug` shows none of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HasherState {
    /// How many bytes were hashed.
    pub length: u64,
    sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    md5: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crc64: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quick_xor: Option<String>,
}

/// A kept state is not one that this version can go on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the kept digest of {0} cannot be gone on with: the content is to be read again from its beginning"
)]
pub struct HasherStateError(pub Algorithm);

impl Hasher {
    /// Begins; SHA-256 is computed whether `algorithms` say so or not.
    #[must_use]
    pub fn new(algorithms: &[Algorithm]) -> Self {
        let wanted = |algorithm| algorithms.contains(&algorithm);
        Self {
            sha256: Sha256::new(),
            md5: wanted(Algorithm::Md5).then(Md5::new),
            crc64: wanted(Algorithm::Crc64Nvme)
                .then(|| crc_fast::Digest::new(CrcAlgorithm::Crc64Nvme)),
            quick_xor: wanted(Algorithm::QuickXor).then(QuickXor::new),
            length: 0,
        }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        sha256::update(&mut self.sha256, bytes);
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        if let Some(crc64) = &mut self.crc64 {
            crc64.update(bytes);
        }
        if let Some(quick_xor) = &mut self.quick_xor {
            quick_xor.update(bytes);
        }
        self.length = self.length.saturating_add(bytes.len() as u64);
    }

    /// How many bytes were taken.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Gives the state as plain data.
    #[must_use]
    pub fn save(&self) -> HasherState {
        HasherState {
            length: self.length,
            sha256: STANDARD.encode(self.sha256.serialize()),
            md5: self.md5.as_ref().map(|md5| STANDARD.encode(md5.serialize())),
            crc64: self.crc64.map(|crc64| STANDARD.encode(crc64.get_state().to_be_bytes())),
            quick_xor: self.quick_xor.as_ref().map(|hash| STANDARD.encode(hash.state())),
        }
    }

    /// Goes on from a state.
    ///
    /// # Errors
    ///
    /// [`HasherStateError`] for a state that was not made by [`save`](Self::save), or by a version that kept it differently.
    pub fn resume(state: &HasherState) -> Result<Self, HasherStateError> {
        let crc64 = |text: &String| {
            let value = STANDARD.decode(text).ok()?.try_into().ok()?;
            let value = u64::from_be_bytes(value);
            Some(crc_fast::Digest::new_with_init_state(CrcAlgorithm::Crc64Nvme, value))
        };
        let quick_xor =
            |text: &String| QuickXor::resume(&STANDARD.decode(text).ok()?, state.length);
        Ok(Self {
            sha256: resumed(&state.sha256).ok_or(HasherStateError(Algorithm::Sha256))?,
            md5: optional(state.md5.as_ref(), |text| resumed(text), Algorithm::Md5)?,
            crc64: optional(state.crc64.as_ref(), crc64, Algorithm::Crc64Nvme)?,
            quick_xor: optional(state.quick_xor.as_ref(), quick_xor, Algorithm::QuickXor)?,
            length: state.length,
        })
    }

    /// Gives the digests: SHA-256 first, then the others in the order of [`Algorithm`].
    #[must_use]
    pub fn finish(self) -> Vec<Digest> {
        let digest = |algorithm, value: &[u8]| Digest { algorithm, value: value.to_vec() };
        let sha256 = digest(Algorithm::Sha256, &self.sha256.finalize());
        let md5 = self.md5.map(|md5| digest(Algorithm::Md5, &md5.finalize()));
        let crc64 = self.crc64.map(|crc64| crc64.finalize().to_be_bytes());
        let crc64 = crc64.map(|value| digest(Algorithm::Crc64Nvme, &value));
        let quick_xor = self.quick_xor.map(|hash| digest(Algorithm::QuickXor, &hash.finish()));
        std::iter::once(sha256).chain(md5).chain(crc64).chain(quick_xor).collect()
    }

    /// Gives one digest, if it was computed.
    #[must_use]
    pub fn finish_one(self, algorithm: Algorithm) -> Option<Digest> {
        self.finish().into_iter().find(|digest| digest.algorithm == algorithm)
    }
}

fn resumed<H: SerializableState>(text: &str) -> Option<H> {
    let bytes = STANDARD.decode(text).ok()?;
    H::deserialize(&SerializedState::<H>::try_from(bytes.as_slice()).ok()?).ok()
}

fn optional<H>(
    text: Option<&String>,
    resumed: impl FnOnce(&String) -> Option<H>,
    algorithm: Algorithm,
) -> Result<Option<H>, HasherStateError> {
    text.map(|text| resumed(text).ok_or(HasherStateError(algorithm))).transpose()
}

impl fmt::Debug for Hasher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Hasher").field("length", &self.length).finish_non_exhaustive()
    }
}

impl fmt::Debug for HasherState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("HasherState").field("length", &self.length).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Algorithm; 4] =
        [Algorithm::Sha256, Algorithm::Md5, Algorithm::Crc64Nvme, Algorithm::QuickXor];

    fn kept(hasher: &Hasher) -> Hasher {
        let json = serde_json::to_string(&hasher.save()).unwrap();
        assert!(json.len() < 512, "{}", json.len());
        Hasher::resume(&serde_json::from_str(&json).unwrap()).unwrap()
    }

    #[test]
    fn published_check_values_hold() {
        // FIPS 180-4 gives no value for "123456789"; NIST's example for "abc" does, as RFC 1321 §A.5 for MD5.
        let mut hasher = Hasher::new(&ALL);
        hasher.update(b"abc");
        let hex: Vec<String> = hasher.finish().iter().map(Digest::hex).collect();
        assert_eq!(hex[0], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(hex[1], "900150983cd24fb0d6963f7d28e17f72");
        // The catalogue's check value of CRC-64/NVME.
        let mut hasher = Hasher::new(&ALL);
        hasher.update(b"123456789");
        let crc64 = hasher.finish_one(Algorithm::Crc64Nvme).unwrap();
        assert_eq!(crc64.hex(), "ae8b14860a799888");
    }

    #[test]
    fn sha_256_comes_first_whether_it_is_asked_for_or_not() {
        let algorithms = |asked: &[Algorithm]| -> Vec<Algorithm> {
            Hasher::new(asked).finish().iter().map(|digest| digest.algorithm).collect()
        };
        assert_eq!(algorithms(&[]), [Algorithm::Sha256]);
        assert_eq!(
            algorithms(&[Algorithm::QuickXor, Algorithm::Md5, Algorithm::Sha256]),
            [Algorithm::Sha256, Algorithm::Md5, Algorithm::QuickXor]
        );
        assert_eq!(algorithms(&ALL), ALL);
    }

    proptest! {
        #[test]
        fn a_hasher_that_was_kept_between_any_two_bytes_goes_on_as_if_it_had_not_been(
            content in proptest::collection::vec(any::<u8>(), 0..700),
            cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..4),
        ) {
            let mut whole = Hasher::new(&ALL);
            whole.update(&content);
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(content.len() + 1)).collect();
            cuts.sort_unstable();
            cuts.push(content.len());
            let (mut hasher, mut from) = (Hasher::new(&ALL), 0);
            for cut in cuts {
                hasher.update(&content[from..cut]);
                hasher = kept(&hasher);
                from = cut;
                prop_assert_eq!(hasher.length(), cut as u64);
            }
            prop_assert_eq!(hasher.finish(), whole.finish());
        }
    }

    #[test]
    fn a_state_that_was_tampered_with_is_refused() {
        let mut hasher = Hasher::new(&ALL);
        hasher.update(b"some content");
        let state = hasher.save();
        for (tampered, algorithm) in [
            (HasherState { sha256: String::new(), ..state.clone() }, Algorithm::Sha256),
            (HasherState { sha256: "AAAA".to_owned(), ..state.clone() }, Algorithm::Sha256),
            (HasherState { md5: Some("?".to_owned()), ..state.clone() }, Algorithm::Md5),
            (HasherState { crc64: Some("AAAA".to_owned()), ..state.clone() }, Algorithm::Crc64Nvme),
            (HasherState { quick_xor: Some("AAAA".to_owned()), ..state }, Algorithm::QuickXor),
        ] {
            assert_eq!(Hasher::resume(&tampered).unwrap_err(), HasherStateError(algorithm));
        }
    }

    #[test]
    fn nothing_of_the_content_is_shown() {
        let mut hasher = Hasher::new(&ALL);
        hasher.update(b"a secret");
        assert_eq!(format!("{hasher:?}"), "Hasher { length: 8, .. }");
        assert_eq!(format!("{:?}", hasher.save()), "HasherState { length: 8, .. }");
    }
}
