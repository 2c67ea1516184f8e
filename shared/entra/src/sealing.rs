use std::fmt;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use headgate_core::Random;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The keys that seal what is kept in the key-value store: AES-256-GCM. The first seals; all open.
#[derive(Clone)]
pub struct SealingKeys(Vec<SealingKey>);

#[derive(Clone)]
struct SealingKey {
    id: [u8; 4],
    key: Zeroizing<[u8; 32]>,
}

/// Why a text is no sealing keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealingKeyError {
    /// There is none.
    #[error("sealing key is empty: give base64 of 32 random bytes")]
    Empty,
    /// One is not base64 of 32 bytes.
    #[error("sealing key is not base64 of 32 bytes")]
    Malformed,
}

const FORMAT: u8 = 1;
const NONCE: usize = 12;
const HEAD: usize = 1 + 4 + NONCE;

impl SealingKeys {
    /// Takes one key, or several from the newest to the oldest with white space between, each as base64 of 32 bytes.
    ///
    /// # Errors
    ///
    /// [`SealingKeyError`], which shows no key.
    pub fn parse(text: &str) -> Result<Self, SealingKeyError> {
        let key = |text: &str| {
            let bytes =
                Zeroizing::new(STANDARD.decode(text).map_err(|_| SealingKeyError::Malformed)?);
            let bytes: [u8; 32] =
                bytes.as_slice().try_into().map_err(|_| SealingKeyError::Malformed)?;
            Ok(SealingKey::of(bytes))
        };
        let keys: Vec<SealingKey> =
            text.split_ascii_whitespace().map(key).collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(SealingKeyError::Empty) } else { Ok(Self(keys)) }
    }

    /// Seals `plain` for the place `name` alone; `None` when it is longer than the cipher takes.
    pub(crate) fn seal(&self, name: &str, plain: &[u8], random: &impl Random) -> Option<Vec<u8>> {
        let key = self.0.first()?;
        // 96 random bits: with one renewal a minute it would take longer than a key should last to meet one again.
        let mut nonce = [0; NONCE];
        random.fill(&mut nonce);
        let payload = Payload { msg: plain, aad: name.as_bytes() };
        let sealed = key.cipher()?.encrypt(&Nonce::from(nonce), payload).ok()?;
        Some([&[FORMAT][..], &key.id, &nonce, &sealed].concat())
    }

    /// Opens what was sealed for the place `name`; `None` when it was not, or by a key that is not among these.
    pub(crate) fn open(&self, name: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (head, ciphertext) = sealed.split_at_checked(HEAD)?;
        let ([FORMAT], head) = head.split_at_checked(1)? else { return None };
        let (id, nonce) = head.split_at_checked(4)?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let key = self.0.iter().find(|key| key.id == id)?;
        let payload = Payload { msg: ciphertext, aad: name.as_bytes() };
        key.cipher()?.decrypt(&Nonce::from(nonce), payload).ok().map(Zeroizing::new)
    }
}

impl SealingKey {
    fn of(bytes: [u8; 32]) -> Self {
        let key = Zeroizing::new(bytes);
        let mut id = [0; 4];
        let digest =
            Sha256::new().chain_update("headgate-entra key id").chain_update(*key).finalize();
        for (byte, digested) in id.iter_mut().zip(digest) {
            *byte = digested;
        }
        Self { id, key }
    }

    fn cipher(&self) -> Option<Aes256Gcm> {
        Aes256Gcm::new_from_slice(&*self.key).ok()
    }
}

impl fmt::Debug for SealingKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SealingKeys({} of them)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use headgate_fakes::CountingRandom;
    use proptest::prelude::*;

    use super::*;

    fn keys(numbers: &[u8]) -> SealingKeys {
        let texts: Vec<String> =
            numbers.iter().map(|number| STANDARD.encode([*number; 32])).collect();
        SealingKeys::parse(&texts.join("\n")).unwrap()
    }

    #[test]
    fn what_is_sealed_is_opened_at_its_place_by_its_key_alone() {
        let random = CountingRandom::new();
        let sealed = keys(&[1]).seal("place", b"hunter2", &random).unwrap();
        assert!(!sealed.windows(7).any(|window| window == b"hunter2"));
        assert_eq!(keys(&[1]).open("place", &sealed).unwrap().as_slice(), b"hunter2");
        assert!(keys(&[1]).open("elsewhere", &sealed).is_none());
        assert!(keys(&[2]).open("place", &sealed).is_none());
        assert_ne!(keys(&[1]).seal("place", b"hunter2", &random).unwrap(), sealed);
    }

    #[test]
    fn an_old_key_opens_and_a_new_one_seals() {
        let random = CountingRandom::new();
        let old = keys(&[1]).seal("place", b"a", &random).unwrap();
        let new = keys(&[2, 1]).seal("place", b"b", &random).unwrap();
        assert!(keys(&[2, 1]).open("place", &old).is_some());
        assert!(keys(&[2]).open("place", &new).is_some());
        assert!(keys(&[1]).open("place", &new).is_none());
    }

    #[test]
    fn a_key_is_base64_of_32_bytes_and_does_not_show() {
        assert_eq!(SealingKeys::parse(" ").unwrap_err(), SealingKeyError::Empty);
        for text in ["hunter2", &STANDARD.encode([1; 31]), &STANDARD.encode([1; 33])] {
            assert_eq!(SealingKeys::parse(text).unwrap_err(), SealingKeyError::Malformed);
        }
        assert_eq!(format!("{:?}", keys(&[1, 2])), "SealingKeys(2 of them)");
    }

    proptest! {
        #[test]
        fn nothing_that_was_changed_opens(plain: Vec<u8>, at: usize, bit in 0_u8..8) {
            let keys = keys(&[1]);
            let mut sealed = keys.seal("place", &plain, &CountingRandom::new()).unwrap();
            let opened = keys.open("place", &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), plain.as_slice());
            let at = at % sealed.len();
            sealed[at] ^= 1 << bit;
            prop_assert!(keys.open("place", &sealed).is_none());
            prop_assert!(keys.open("place", &sealed[..at]).is_none());
        }
    }
}
