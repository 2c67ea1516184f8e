//! Tokens that were verified lately.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

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
#[derive(Debug)]
pub(crate) struct VerifiedTokens(Cache<CacheKey, Arc<VerifiedToken>, ByLength>);

/// The statement's number and the token's SHA-256: a caller cannot make two tokens share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CacheKey {
    pub(crate) statement: usize,
    pub(crate) digest: [u8; 32],
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
    pub(crate) fn new() -> Self {
        Self(Cache::with_weighter(COUNT as usize, BYTES, ByLength))
    }

    pub(crate) fn get(&self, key: &CacheKey) -> Option<Arc<VerifiedToken>> {
        self.0.get(key)
    }

    pub(crate) fn remember(&self, key: CacheKey, token: Arc<VerifiedToken>) {
        self.0.insert(key, token);
    }
}
