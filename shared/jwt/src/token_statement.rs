use std::sync::Arc;

use headgate_core::{Clock, Timestamp, TraceContext};

use crate::crypto::{DecryptionKey, VerifyingKey};
use crate::decision::decide;
use crate::identity::Identity;
use crate::keys::{Issuer, KeySource, KeysUnavailable, PublishedKeys};
use crate::policy::{TokenVersion, ValidateToken};
use crate::ports::Ports;
use crate::rejection::Rejection;
use crate::token::{Claims, Plaintext, SignedToken, Token, parse};
use crate::verified::{SignedBy, VerifiedToken, VerifiedTokens};

/// The most keys that a token without `kid` is tried with.
const KEYS_TRIED: usize = 32;

/// A `validate-jwt` or `validate-azure-ad-token` statement, ready to judge tokens.
#[derive(Debug)]
pub(crate) struct TokenStatement {
    pub(crate) policy: ValidateToken,
    /// The statement's number among all of the document: tokens are remembered for one statement.
    pub(crate) number: usize,
    pub(crate) sources: Vec<StatementSource>,
    pub(crate) signing_keys: Vec<(Option<String>, VerifyingKey)>,
    pub(crate) decryption_keys: Vec<(Option<String>, DecryptionKey)>,
}

/// A key source, and the tokens that it is asked for.
#[derive(Debug)]
pub(crate) struct StatementSource {
    pub(crate) token_version: Option<TokenVersion>,
    pub(crate) keys: Arc<KeySource>,
}

/// Why a token does not pass.
#[derive(Debug)]
pub(crate) struct Unfit {
    pub(crate) rejection: Rejection,
    /// The token, when its signature is good and what it claims is not.
    pub(crate) verified: Option<Arc<VerifiedToken>>,
}

impl From<Rejection> for Unfit {
    fn from(rejection: Rejection) -> Self {
        Self { rejection, verified: None }
    }
}

impl TokenStatement {
    /// Judges a token: signature, issuer, and then what it claims.
    pub(crate) async fn judge(
        &self,
        token: &str,
        remembered: &VerifiedTokens,
        ports: &impl Ports,
        trace: Option<TraceContext>,
    ) -> Result<Arc<VerifiedToken>, Unfit> {
        let now = ports.clock().now();
        let key = remembered.key(self.number, token);
        if let Some(verified) = remembered.get(&key)
            && let Some(now) = self.still_signed(&verified, now, ports, trace).await
        {
            return self.decide(verified, now);
        }
        let verified = Arc::new(self.verify(token, ports, trace).await?);
        remembered.remember(key, Arc::clone(&verified));
        // Fetching keys may have taken its time.
        self.decide(verified, ports.clock().now())
    }

    fn decide(
        &self,
        verified: Arc<VerifiedToken>,
        now: Timestamp,
    ) -> Result<Arc<VerifiedToken>, Unfit> {
        match decide(&self.policy, &verified.claims, now) {
            Ok(()) => Ok(verified),
            Err(rejection) => Err(Unfit { rejection, verified: Some(verified) }),
        }
    }

    /// The time, if the key that verified a remembered token is still published. Asks as every request does, so that
    /// keys are refreshed in time also when all tokens are remembered; that may take its time.
    async fn still_signed(
        &self,
        token: &VerifiedToken,
        now: Timestamp,
        ports: &impl Ports,
        trace: Option<TraceContext>,
    ) -> Option<Timestamp> {
        match &token.signed_by {
            SignedBy::Policy => Some(now),
            SignedBy::Source { index, keys } => {
                let source = self.sources.get(*index)?;
                let (published, now) = source.keys.keys(now, ports, trace).await.ok()?;
                Arc::ptr_eq(&published, keys).then_some(now)
            }
        }
    }

    /// Establishes who signed the token, and that its issuer is accepted.
    async fn verify(
        &self,
        token: &str,
        ports: &impl Ports,
        trace: Option<TraceContext>,
    ) -> Result<VerifiedToken, Rejection> {
        let (claims, signed_by) = match parse(token).map_err(Rejection::TokenMalformed)? {
            Token::Signed(signed) => {
                let signed_by = self.verify_signature(&signed, ports, trace).await?;
                (signed.claims, signed_by)
            }
            Token::Encrypted(encrypted) => {
                let kid = encrypted.header.kid.as_deref();
                let plaintext = self
                    .decryption_keys
                    .iter()
                    .filter(|(id, _)| may_be(id.as_deref(), kid))
                    .find_map(|(_, key)| key.decrypt(&encrypted).ok())
                    .ok_or(Rejection::TokenNotDecrypted)?;
                match encrypted.header.read(&plaintext).map_err(Rejection::TokenMalformed)? {
                    Plaintext::Signed(signed) => {
                        let signed_by = self.verify_signature(&signed, ports, trace).await?;
                        (signed.claims, signed_by)
                    }
                    Plaintext::Claims(_) if self.policy.require_signed_tokens => {
                        return Err(Rejection::TokenNotSigned);
                    }
                    Plaintext::Claims(claims) => {
                        self.accept_listed_issuer(&claims)?;
                        (claims, SignedBy::Policy)
                    }
                }
            }
        };
        let identity = Identity::of(&claims);
        Ok(VerifiedToken { claims, identity, token_len: token.len(), signed_by })
    }

    async fn verify_signature(
        &self,
        token: &SignedToken<'_>,
        ports: &impl Ports,
        trace: Option<TraceContext>,
    ) -> Result<SignedBy, Rejection> {
        let published = self.published(&token.claims, ports, trace).await;
        if let Some(policy_key) = self.verify_with_policy_keys(token) {
            if policy_key {
                self.accept_issuer(&token.claims, &published)?;
                return Ok(SignedBy::Policy);
            }
            if self.sources.is_empty() {
                return Err(Rejection::SignatureInvalid);
            }
        }
        let mut rejection = Rejection::IssuerNotAllowed;
        for (index, keys) in published.iter().filter_map(Published::available) {
            if !self.may_sign(keys, &token.claims, &published) {
                continue;
            }
            match self.verify_with(token, index, Arc::clone(keys), ports, trace).await {
                Ok(keys) => return Ok(SignedBy::Source { index, keys }),
                Err(reason) => rejection = reason,
            }
        }
        let retry_after = published.iter().filter_map(Published::retry_after).min();
        match (rejection, retry_after) {
            (_, None) if self.sources.is_empty() => Err(Rejection::SignatureKeyNotFound),
            // It may be the issuer that does not answer whose token this is.
            (Rejection::IssuerNotAllowed, Some(retry_after)) => {
                Err(Rejection::KeysUnavailable { retry_after })
            }
            (rejection, _) => Err(rejection),
        }
    }

    /// Asks every source that this token may belong to.
    async fn published(
        &self,
        claims: &Claims,
        ports: &impl Ports,
        trace: Option<TraceContext>,
    ) -> Vec<Published> {
        let version = match claims.text("ver") {
            Some("1.0") => Some(TokenVersion::V1),
            Some("2.0") => Some(TokenVersion::V2),
            Some(_) | None => None,
        };
        let (iss, tid) = (claims.issuer().unwrap_or_default(), claims.text("tid"));
        let (of_issuer, others): (Vec<_>, Vec<_>) = self
            .sources
            .iter()
            .enumerate()
            .filter(|(_, source)| {
                source.token_version.is_none()
                    || version.is_none()
                    || source.token_version == version
            })
            .partition(|(_, source)| {
                source.keys.known().is_some_and(|keys| keys.issuer.matches(iss, tid))
            });
        // Where the token's issuer is known, another that hangs must not delay it.
        let asked = if of_issuer.is_empty() { others } else { of_issuer };
        let mut published = Vec::with_capacity(asked.len());
        for (index, source) in asked {
            let keys =
                source.keys.keys(ports.clock().now(), ports, trace).await.map(|(keys, _)| keys);
            published.push(Published { index, keys });
        }
        published
    }

    /// Tries the keys that the policy gives. `None`: none of them can be the token's.
    fn verify_with_policy_keys(&self, token: &SignedToken<'_>) -> Option<bool> {
        let kid = token.header.kid.as_deref();
        self.signing_keys
            .iter()
            .filter(|(id, _)| may_be(id.as_deref(), kid))
            .map(|(_, key)| verifies(key, token))
            .reduce(|one, other| one | other)
    }

    /// Tries an issuer's keys, and once more those that it has published since, when none has the token's `kid`.
    async fn verify_with(
        &self,
        token: &SignedToken<'_>,
        index: usize,
        mut keys: Arc<PublishedKeys>,
        ports: &impl Ports,
        trace: Option<TraceContext>,
    ) -> Result<Arc<PublishedKeys>, Rejection> {
        loop {
            match verify_with_published(token, &keys) {
                Ok(()) => return Ok(keys),
                Err(Rejection::SignatureKeyNotFound) => {}
                Err(rejection) => return Err(rejection),
            }
            let newer = match self.sources.get(index) {
                Some(source) => source.keys.newer_keys(&keys, ports, trace).await,
                None => None,
            };
            keys = newer.ok_or(Rejection::SignatureKeyNotFound)?;
        }
    }

    /// Whether a source's keys may sign for this `iss`: that of its own discovery document, or one that the policy
    /// lists and no other source speaks for.
    fn may_sign(&self, keys: &PublishedKeys, claims: &Claims, published: &[Published]) -> bool {
        let (iss, tid) = (claims.issuer().unwrap_or_default(), claims.text("tid"));
        let listed = || self.policy.issuers.iter().any(|issuer| issuer == iss);
        let claimed_by_another = || {
            published.iter().filter_map(Published::available).any(|(_, other)| {
                !std::ptr::eq(Arc::as_ptr(other), keys) && other.issuer.matches(iss, tid)
            })
        };
        keys.issuer.matches(iss, tid) || listed() && !claimed_by_another()
    }

    /// Judges the issuer of a token that a key of the policy itself verified: the listed ones and those of discovery.
    /// With neither, the key alone decides.
    fn accept_issuer(&self, claims: &Claims, published: &[Published]) -> Result<(), Rejection> {
        let (iss, tid) = (claims.issuer().unwrap_or_default(), claims.text("tid"));
        let discovered = published
            .iter()
            .filter_map(Published::available)
            .any(|(_, keys)| keys.issuer.matches(iss, tid));
        if discovered {
            return Ok(());
        }
        match self.accept_listed_issuer(claims) {
            Err(rejection) => match published.iter().find_map(Published::retry_after) {
                Some(retry_after) => Err(Rejection::KeysUnavailable { retry_after }),
                None => Err(rejection),
            },
            Ok(()) => Ok(()),
        }
    }

    fn accept_listed_issuer(&self, claims: &Claims) -> Result<(), Rejection> {
        let none_named = self.policy.issuers.is_empty() && self.sources.is_empty();
        let listed = claims
            .issuer()
            .is_some_and(|iss| self.policy.issuers.iter().any(|issuer| issuer == iss));
        if none_named || listed { Ok(()) } else { Err(Rejection::IssuerNotAllowed) }
    }
}

/// What one source of the statement has at the moment.
struct Published {
    index: usize,
    keys: Result<Arc<PublishedKeys>, KeysUnavailable>,
}

impl Published {
    fn available(&self) -> Option<(usize, &Arc<PublishedKeys>)> {
        self.keys.as_ref().ok().map(|keys| (self.index, keys))
    }

    fn retry_after(&self) -> Option<std::time::Duration> {
        self.keys.as_ref().err().map(|unavailable| unavailable.retry_after)
    }
}

/// Tries the keys that the token's header names, each of which signs for its own issuer alone when it says so
/// (contracts §5.1).
fn verify_with_published(token: &SignedToken<'_>, keys: &PublishedKeys) -> Result<(), Rejection> {
    let (iss, tid) = (token.claims.issuer().unwrap_or_default(), token.claims.text("tid"));
    if !keys.jwks.knows(&token.header) {
        return Err(Rejection::SignatureKeyNotFound);
    }
    let mut rejection = Rejection::SignatureInvalid;
    for jwk in keys.jwks.candidates(&token.header).take(KEYS_TRIED) {
        let of_issuer = jwk.issuer.as_deref();
        if of_issuer.is_some_and(|issuer| !Issuer::new(issuer).matches(iss, tid)) {
            rejection = Rejection::IssuerNotAllowed;
        } else if verifies(&jwk.key, token) {
            return Ok(());
        }
    }
    Err(rejection)
}

/// A key without an id may be any token's, and a token without a `kid` may be any key's.
fn may_be(id: Option<&str>, kid: Option<&str>) -> bool {
    id.is_none() || kid.is_none() || id == kid
}

fn verifies(key: &VerifyingKey, token: &SignedToken<'_>) -> bool {
    key.verify(token.header.algorithm, token.signing_input, &token.signature)
}
