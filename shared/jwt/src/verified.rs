//! Tokens that were verified lately.

use std::fmt;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use siphasher::sip128::SipHasher24;

use crate::identity::Identity;
use crate::keys::PublishedKeys;
use crate::token::Claims;

/// The most tokens that are remembered.
const COUNT: u64 = 10_000;
/// The most memory that they take, about, in bytes.
const BYTES: u64 = 16 * 1024 * 1024;
/// What an entry counts at the least, so that the two limits hold together.
const LEAST_WEIGHT: u64 = BYTES / COUNT;

/// A token whose signature and issuer are established for one statement of the policy.
#[derive(Debug)]
pub struct VerifiedToken {
    /// What it says.
    pub claims: Claims,
    /// Who it says its caller is, ready for the faces.
    pub identity: Identity,
    pub(crate) token_len: usize,
    pub(crate) signed_by: SignedBy,
}

impl VerifiedToken {
    /// The names of the token's claims and their values as a JSON object, for a policy's output variable.
    #[must_use]
    pub fn claims_json(&self) -> String {
        serde_json::to_string(self.claims.all()).unwrap_or_default()
    }
}

/// Whose key verified a token.
#[derive(Debug)]
pub(crate) enum SignedBy {
    /// The policy itself gives the key.
    Policy,
    /// The key source at this place in the statement published it.
    Source { index: usize, keys: Arc<PublishedKeys> },
}

/// Tokens that were verified lately, so that the same token need not be verified again.
///
/// What it remembers is that a signature is good and whose it is. Times, audiences and claims are judged anew each
/// time, and a token whose key is no longer published is verified again.
pub(crate) struct VerifiedTokens {
    cache: Cache<CacheKey, Arc<VerifiedToken>, ByLength>,
    hasher: SipHasher24,
}

/// The statement's number and the token's keyed hash: SipHash-2-4 of 128 bits under a key that each instance draws for
/// itself, so that nobody can look for two tokens that share one
/// (docs/decisions/0010-remembered-tokens-by-keyed-hash.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CacheKey {
    statement: usize,
    hash: u128,
}

#[derive(Clone, Debug)]
struct ByLength;

impl Weighter<CacheKey, Arc<VerifiedToken>> for ByLength {
    fn weight(&self, _key: &CacheKey, token: &Arc<VerifiedToken>) -> u64 {
        // Parsed claims take several times their text.
        LEAST_WEIGHT.max(8 * token.token_len as u64)
    }
}

impl VerifiedTokens {
    /// `secret` is 16 bytes that no caller can know.
    pub(crate) fn new(secret: &[u8; 16]) -> Self {
        Self {
            cache: Cache::with_weighter(COUNT as usize, BYTES, ByLength),
            hasher: SipHasher24::new_with_key(secret),
        }
    }

    pub(crate) fn key(&self, statement: usize, token: &str) -> CacheKey {
        CacheKey { statement, hash: self.hasher.hash(token.as_bytes()).as_u128() }
    }

    pub(crate) fn get(&self, key: &CacheKey) -> Option<Arc<VerifiedToken>> {
        self.cache.get(key)
    }

    pub(crate) fn remember(&self, key: CacheKey, token: Arc<VerifiedToken>) {
        self.cache.insert(key, token);
    }
}

/// Shows nothing: the hasher holds the key.
impl fmt::Debug for VerifiedTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("VerifiedTokens(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_does_not_show() {
        let tokens = VerifiedTokens::new(&[0xab; 16]);
        assert_eq!(format!("{tokens:?} {tokens:#?}"), "VerifiedTokens(…) VerifiedTokens(…)");
    }

    #[test]
    fn a_token_has_another_hash_in_another_instance_and_another_statement() {
        let (one, two) = (VerifiedTokens::new(&[1; 16]), VerifiedTokens::new(&[2; 16]));
        assert_eq!(one.key(1, "token"), one.key(1, "token"));
        assert_ne!(one.key(1, "token"), two.key(1, "token"));
        assert_ne!(one.key(1, "token"), one.key(2, "token"));
        assert_ne!(one.key(1, "token"), one.key(1, "tokem"));
    }
}
