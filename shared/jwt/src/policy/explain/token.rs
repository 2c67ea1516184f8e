use std::time::Duration;

use super::{any_of, listed, otherwise};
use crate::policy::model::{
    DecryptionKeyMaterial, Matching, RequiredClaim, SigningKeyMaterial, TokenSource, TokenVersion,
    ValidateToken,
};

/// A clock skew that a well-kept clock never needs.
const LONG_SKEW: Duration = Duration::from_secs(600);

pub(super) fn sentences(token: &ValidateToken) -> Vec<String> {
    let mut sentences = vec![source(token)];
    sentences.extend(keys(token));
    sentences.extend(decryption(token));
    sentences.push(issuers(token));
    if !token.audiences.is_empty() {
        sentences.push(format!("Its audience is {}.", any_of(&token.audiences)));
    }
    if !token.client_application_ids.is_empty() {
        sentences.push(format!("Its client is {}.", any_of(&token.client_application_ids)));
    }
    sentences.extend(token.required_claims.iter().map(claim));
    sentences.push(lifetime(token));
    if let Some(name) = &token.output_token_variable_name {
        sentences.push(format!("The token that passed is remembered as {name:?}."));
    }
    sentences.push(otherwise(&token.failure));
    sentences.extend(warnings(token).into_iter().map(|warning| format!("Warning: {warning}")));
    sentences
}

fn source(token: &ValidateToken) -> String {
    match (&token.source, &token.require_scheme) {
        (TokenSource::Header(name), Some(scheme)) if *name == http::header::AUTHORIZATION => {
            format!("It is read from the header {name}, whose scheme must be {scheme}.")
        }
        (TokenSource::Header(name), _) => format!("It is read from the header {name}."),
        (TokenSource::Query(name), _) => format!("It is read from the query parameter {name:?}."),
        (TokenSource::Value(_), _) => "It is the token that the policy itself holds.".to_owned(),
    }
}

fn keys(token: &ValidateToken) -> Vec<String> {
    let mut sentences = Vec::new();
    for config in &token.openid_configs {
        let version = match config.token_version {
            Some(TokenVersion::V1) => " (tokens of version 1.0)",
            Some(TokenVersion::V2) => " (tokens of version 2.0)",
            None => "",
        };
        sentences.push(format!("It may be signed by a key of {}{version}.", config.url));
    }
    for key in &token.issuer_signing_keys {
        let kind = match key.material {
            SigningKeyMaterial::Symmetric(_) => "symmetric key",
            SigningKeyMaterial::Rsa { .. } => "RSA key",
            SigningKeyMaterial::Certificate(_) => "key of the certificate",
        };
        sentences
            .push(format!("It may be signed by the {kind} given here{}.", id(key.id.as_ref())));
    }
    sentences
}

fn decryption(token: &ValidateToken) -> Vec<String> {
    let mut sentences: Vec<String> = token
        .decryption_keys
        .iter()
        .map(|key| {
            let kind = match key.material {
                DecryptionKeyMaterial::Symmetric(_) => "symmetric key",
                DecryptionKeyMaterial::RsaPrivateKey(_) => "RSA private key",
            };
            format!("It may be encrypted for the {kind} given here{}.", id(key.id.as_ref()))
        })
        .collect();
    if !sentences.is_empty() && !token.require_signed_tokens {
        sentences.push("An encrypted token needs no signature.".to_owned());
    }
    sentences
}

fn id(id: Option<&String>) -> String {
    id.map(|id| format!(" ({id:?})")).unwrap_or_default()
}

fn issuers(token: &ValidateToken) -> String {
    match (token.issuers.is_empty(), token.openid_configs.is_empty()) {
        (true, true) => "Its issuer is not looked at.".to_owned(),
        (true, false) => "Its issuer is one that the key's address names.".to_owned(),
        (false, true) => format!("Its issuer is {}.", any_of(&token.issuers)),
        (false, false) => {
            format!(
                "Its issuer is {}, or one that the key's address names.",
                any_of(&token.issuers)
            )
        }
    }
}

fn claim(claim: &RequiredClaim) -> String {
    let split = match &claim.separator {
        Some(separator) => format!(", split at {separator:?},"),
        None => String::new(),
    };
    let name = &claim.name;
    match (claim.values.as_slice(), claim.matching) {
        ([], _) => format!("It has the claim {name:?}."),
        ([only], _) => format!("Its claim {name:?}{split} has {only:?}."),
        (values, Matching::All) => {
            format!("Its claim {name:?}{split} has all of {}.", listed(values))
        }
        (values, Matching::Any) => {
            format!("Its claim {name:?}{split} has any of {}.", listed(values))
        }
    }
}

fn lifetime(token: &ValidateToken) -> String {
    let expiry = if token.require_expiration_time {
        "It says when it expires, and that is not past"
    } else {
        "When it says that it expires, that is not past"
    };
    match token.clock_skew.as_secs() {
        0 => format!("{expiry}."),
        1 => format!("{expiry} by more than 1 second."),
        seconds => format!("{expiry} by more than {seconds} seconds."),
    }
}

fn warnings(token: &ValidateToken) -> Vec<&'static str> {
    let symmetric =
        |material: &SigningKeyMaterial| matches!(material, SigningKeyMaterial::Symmetric(_));
    let many_tenants = token.openid_configs.iter().any(|config| {
        let mut segments = config.url.uri().path().split('/');
        segments.any(|segment| segment == "common" || segment == "organizations")
    });
    let inline = !token.issuer_signing_keys.is_empty();
    [
        (token.audiences.is_empty(), "a token that was issued for any other API passes: audiences is not given."),
        (
            many_tenants,
            "a token of any tenant passes, unless required-claims names the tenants (claim tid).",
        ),
        (
            token.issuers.is_empty() && inline && token.openid_configs.is_empty(),
            "a token of any issuer passes that one of the keys has signed: issuers is not given.",
        ),
        (
            !token.require_expiration_time,
            "a token that never expires passes: require-expiration-time is false.",
        ),
        (
            !token.require_signed_tokens && !token.decryption_keys.is_empty(),
            "anybody who can encrypt for the decryption keys can make a token: require-signed-tokens is false.",
        ),
        (token.clock_skew > LONG_SKEW, "a token passes for more than ten minutes after it expired: clock-skew."),
        (
            token.issuer_signing_keys.iter().any(|key| symmetric(&key.material)),
            "whoever knows the symmetric key can issue tokens, not its issuer alone.",
        ),
        (
            matches!(token.source, TokenSource::Query(_)),
            "a token in a query stands in the logs of every proxy on its way.",
        ),
        (
            matches!(token.source, TokenSource::Value(_)),
            "every caller is judged by the same token, whatever the caller sends.",
        ),
    ]
    .into_iter()
    .filter_map(|(applies, warning)| applies.then_some(warning))
    .collect()
}
