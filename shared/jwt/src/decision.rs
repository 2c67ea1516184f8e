//! What a token's claims are worth under a policy: a pure judgement.

use headgate_core::Timestamp;
use serde_json::Value;

use crate::policy::{Matching, RequiredClaim, ValidateToken};
use crate::rejection::Rejection;
use crate::token::Claims;

/// Judges the claims of a token whose signature and issuer are already established.
///
/// # Errors
///
/// The first [`Rejection`] in the order: audience, times, client, required claims.
pub fn decide(policy: &ValidateToken, claims: &Claims, now: Timestamp) -> Result<(), Rejection> {
    let of_policy = |audience: &str| policy.audiences.iter().any(|allowed| allowed == audience);
    if !policy.audiences.is_empty() && !claims.audiences().any(of_policy) {
        return Err(Rejection::AudienceNotAllowed);
    }
    decide_time(policy, claims, now)?;
    if !policy.client_application_ids.is_empty() {
        decide_client(&policy.client_application_ids, claims)?;
    }
    decide_required_claims(&policy.required_claims, claims)
}

/// `exp` counts as passed when it is reached (RFC 7519 §4.1.4), `nbf` is met when it is reached (§4.1.5); the clock
/// skew is allowed on both sides.
fn decide_time(policy: &ValidateToken, claims: &Claims, now: Timestamp) -> Result<(), Rejection> {
    match claims.expires_at() {
        Some(expires_at) if expires_at.plus(policy.clock_skew) <= now => {
            return Err(Rejection::TokenExpired);
        }
        None if policy.require_expiration_time => return Err(Rejection::ExpirationMissing),
        Some(_) | None => {}
    }
    match claims.not_before() {
        Some(not_before) if now.plus(policy.clock_skew) < not_before => {
            Err(Rejection::TokenNotYetValid)
        }
        Some(_) | None => Ok(()),
    }
}

/// The client is `azp` in a v2 token and `appid` in a v1 token (contracts §5.3).
fn decide_client(allowed: &[String], claims: &Claims) -> Result<(), Rejection> {
    match claims.client() {
        Some(client) if allowed.iter().any(|id| id.eq_ignore_ascii_case(client)) => Ok(()),
        Some(_) => Err(Rejection::ClaimValueNotAllowed("azp".into())),
        None => Err(Rejection::ClaimNotFound(vec!["azp".to_owned()])),
    }
}

fn decide_required_claims(required: &[RequiredClaim], claims: &Claims) -> Result<(), Rejection> {
    let missing: Vec<String> = required
        .iter()
        .filter(|claim| claims.claim(&claim.name).is_none())
        .map(|claim| claim.name.clone())
        .collect();
    if !missing.is_empty() {
        return Err(Rejection::ClaimNotFound(missing));
    }
    for claim in required {
        let values = claims
            .claim(&claim.name)
            .map(|value| values(value, claim.separator.as_deref()))
            .unwrap_or_default();
        let has = |wanted: &String| values.iter().any(|value| value == wanted);
        let satisfied = match claim.matching {
            _ if claim.values.is_empty() => true,
            Matching::All => claim.values.iter().all(has),
            Matching::Any => claim.values.iter().any(has),
        };
        if !satisfied {
            return Err(Rejection::ClaimValueNotAllowed(claim.name.clone().into()));
        }
    }
    Ok(())
}

/// A claim's values as the policy compares them: a string as it is or split, an array's members, numbers and booleans
/// as JSON writes them. Objects and nulls have none.
fn values(claim: &Value, separator: Option<&str>) -> Vec<String> {
    match (claim, separator) {
        (Value::String(text), Some(separator)) => {
            text.split(separator).filter(|part| !part.is_empty()).map(str::to_owned).collect()
        }
        (Value::String(text), None) => vec![text.clone()],
        (Value::Array(members), separator) => members
            .iter()
            .filter(|member| !member.is_array())
            .flat_map(|member| values(member, separator))
            .collect(),
        (Value::Number(number), _) => vec![number.to_string()],
        (Value::Bool(boolean), _) => vec![boolean.to_string()],
        (Value::Object(_) | Value::Null, _) => Vec::new(),
    }
}
