use std::borrow::Cow;
use std::fmt;

use headgate_core::Secret;
use http::HeaderName;
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::Asking;
use crate::refusal::Refusal;

/// A secret that whoever sends events sends along. Its hash alone is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedSecret {
    place: SecretPlace,
    hashes: Vec<[u8; 32]>,
}

/// Where a shared secret is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// In a header.
    Header(HeaderName),
    /// In a parameter of the query.
    Query(String),
}

impl SharedSecret {
    /// Makes the check from the place and the secrets of which one must be there.
    #[must_use]
    pub fn new(place: SecretPlace, secrets: &[Secret]) -> Self {
        let hashes = secrets.iter().map(|secret| Sha256::digest(secret.expose()).into());
        Self { place, hashes: hashes.collect() }
    }

    /// Judges a message, in time that does not depend on where secrets differ.
    pub(super) fn judge(&self, asking: Asking<'_>) -> Result<(), Refusal> {
        let sent = self.sent(asking).ok_or(Refusal::SecretMissing)?;
        let sent: [u8; 32] = Sha256::digest(sent).into();
        let is_one = |found: Choice, hash: &[u8; 32]| found | sent.ct_eq(hash);
        if self.hashes.iter().fold(Choice::from(0), is_one).into() {
            Ok(())
        } else {
            Err(Refusal::SecretWrong)
        }
    }

    /// What is sent there; `None` when nothing is, or more than one thing.
    fn sent<'a>(&self, asking: Asking<'a>) -> Option<Cow<'a, [u8]>> {
        match &self.place {
            SecretPlace::Header(name) => {
                let mut values = asking.headers.get_all(name).iter();
                let (Some(value), None) = (values.next(), values.next()) else { return None };
                Some(Cow::Borrowed(value.as_bytes()))
            }
            SecretPlace::Query(parameter) => {
                let pairs = asking.query?.split('&').filter_map(|pair| pair.split_once('='));
                let mut values = pairs.filter(|(name, _)| *name == parameter.as_str());
                let (Some((_, value)), None) = (values.next(), values.next()) else { return None };
                Some(percent_decode_str(value).into())
            }
        }
    }
}

/// Shows the place alone.
impl fmt::Debug for SharedSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SharedSecret({:?})", self.place)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn judged(query: &str) -> bool {
        let secrets = [Secret::new("p+s w/rd"), Secret::new("new")];
        let secret = SharedSecret::new(SecretPlace::Query("code".to_owned()), &secrets);
        let headers = HeaderMap::new();
        secret.judge(Asking { headers: &headers, query: Some(query), body: b"" }).is_ok()
    }

    #[test]
    fn a_secret_in_the_query_is_decoded_once_and_must_be_there_once() {
        assert!(judged("a=b&code=p%2Bs%20w%2Frd"));
        assert!(judged("code=p+s%20w/rd"));
        assert!(judged("code=new"));
        for query in ["", "code", "code=", "code=other", "code=new&code=new", "Code=new"] {
            assert!(!judged(query), "{query}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let header = HeaderName::from_static("x-key");
        let secret = SharedSecret::new(SecretPlace::Header(header), &[Secret::new("hunter2")]);
        assert_eq!(format!("{secret:?}"), "SharedSecret(Header(\"x-key\"))");
    }
}
