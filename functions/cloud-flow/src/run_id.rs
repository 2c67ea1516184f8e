//! The name of a run, and what it seals.

use std::fmt;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use headgate_core::{Random, Secret};
use sha2::{Digest, Sha256};

/// The id of a run: 32 bytes that nobody can guess, as 43 characters of base64url. `Debug` does not show it.
///
/// The store holds neither the id nor what it would take to open what the id seals: the key of a run's record is one hash
/// of the id, and the key of the cipher another. So whoever reads the store cannot fetch an answer, and no key has to be
/// configured for that.
#[derive(Clone, PartialEq, Eq)]
pub struct RunId([u8; 32]);

const NONCE: usize = 12;

impl RunId {
    /// Makes one.
    #[must_use]
    pub fn new(random: &impl Random) -> Self {
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        Self(bytes)
    }

    /// Takes one that a caller has; `None` when the text has another form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// Gives it out: to its caller alone.
    #[must_use]
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What a record's key ends with.
    #[must_use]
    pub fn hash(&self) -> String {
        let digest = self.derived("headgate cloud-flow record");
        digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }

    /// Seals a text for a flow; `None` when it is longer than the cipher takes.
    pub(crate) fn seal(&self, flow: &str, plain: &Secret, random: &impl Random) -> Option<String> {
        // The cipher's key is the run's own, and seals a handful of addresses at most.
        let mut nonce = [0; NONCE];
        random.fill(&mut nonce);
        let payload = Payload { msg: plain.expose().as_bytes(), aad: flow.as_bytes() };
        let sealed = self.cipher()?.encrypt(&Nonce::from(nonce), payload).ok()?;
        Some(URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat()))
    }

    /// Opens what was sealed for the flow; `None` when it was not, or not by this id.
    pub(crate) fn open(&self, flow: &str, sealed: &str) -> Option<Secret> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE)?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let payload = Payload { msg: ciphertext, aad: flow.as_bytes() };
        let plain = self.cipher()?.decrypt(&Nonce::from(nonce), payload).ok()?;
        String::from_utf8(plain).ok().map(Secret::new)
    }

    fn derived(&self, purpose: &str) -> [u8; 32] {
        Sha256::new().chain_update(purpose).chain_update([0]).chain_update(self.0).finalize().into()
    }

    fn cipher(&self) -> Option<Aes256Gcm> {
        Aes256Gcm::new_from_slice(&self.derived("headgate cloud-flow location")).ok()
    }
}

impl fmt::Debug for RunId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RunId(…)")
    }
}

#[cfg(test)]
mod tests {
    use headgate_fakes::CountingRandom;

    use super::*;

    #[test]
    fn what_a_run_seals_is_opened_by_its_id_for_its_flow_alone() {
        let random = CountingRandom::new();
        let (id, other) = (RunId::new(&random), RunId::new(&random));
        let sealed = id.seal("approve", &Secret::new("https://a/?sig=hunter2"), &random).unwrap();
        assert!(!sealed.contains("hunter2"));
        let opened = id.open("approve", &sealed).unwrap();
        assert_eq!(opened.expose(), "https://a/?sig=hunter2");
        assert!(other.open("approve", &sealed).is_none());
        assert!(id.open("notify", &sealed).is_none());
        assert!(id.open("approve", "").is_none() && id.open("approve", "====").is_none());
    }

    #[test]
    fn an_id_has_one_form_and_does_not_show_where_it_is_kept() {
        let id = RunId::new(&CountingRandom::new());
        let text = id.expose();
        assert_eq!(text.len(), 43);
        assert!(RunId::parse(&text).unwrap() == id);
        for other in
            ["", "a", &text[..42], &format!("{text}="), &format!("{text}A"), &"/".repeat(43)]
        {
            assert!(RunId::parse(other).is_none(), "{other}");
        }
        assert_eq!(id.hash().len(), 64);
        assert!(!format!("{id:?}").contains(&text));
        assert_ne!(id.derived("a"), id.derived("b"));
    }
}
