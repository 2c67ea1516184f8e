use super::attributes::{
    boolean, failed_validation, optional, required, texts, time_span, variable_name,
};
use super::{keys, required_claims, token_source, url};
use crate::policy::error::{PolicyError, PolicyErrorKind};
use crate::policy::model::{OpenIdConfig, ValidateToken};
use crate::policy::node::Node;

/// `validate-jwt` (contracts §4.1).
pub(super) fn read(node: &Node) -> Result<ValidateToken, PolicyError> {
    let openid_configs = node
        .children_named("openid-config")
        .map(|config| {
            let url = url::read(required(config, "openid-config", "url")?, "url")?;
            Ok(OpenIdConfig { url, token_version: None })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let policy = ValidateToken {
        source: token_source::read(node)?
            .ok_or_else(|| PolicyErrorKind::NoTokenSource.at(node.position))?,
        require_scheme: scheme(node)?,
        failure: failed_validation(node)?,
        require_expiration_time: boolean(node, "require-expiration-time", true)?,
        require_signed_tokens: boolean(node, "require-signed-tokens", true)?,
        clock_skew: time_span(node, "clock-skew")?.unwrap_or_default(),
        output_token_variable_name: variable_name(node, "output-token-variable-name")?,
        openid_configs,
        issuer_signing_keys: keys::signing(node)?,
        decryption_keys: keys::decryption(node)?,
        audiences: texts(node.list("audiences"), "audience")?,
        issuers: texts(node.list("issuers"), "issuer")?,
        client_application_ids: Vec::new(),
        required_claims: required_claims::read(node)?,
    };
    let verifies = !policy.openid_configs.is_empty() || !policy.issuer_signing_keys.is_empty();
    let only_decrypts = !policy.decryption_keys.is_empty() && !policy.require_signed_tokens;
    if verifies || only_decrypts {
        Ok(policy)
    } else {
        Err(PolicyErrorKind::NoKeys.at(node.position))
    }
}

fn scheme(node: &Node) -> Result<Option<String>, PolicyError> {
    let attribute = "require-scheme";
    let Some(found) = optional(node, attribute)? else {
        return Ok(None);
    };
    // A token of RFC 9110 §5.6.2, as a header's name is.
    let is_token = http::HeaderName::from_bytes(found.value.as_bytes()).is_ok();
    if is_token {
        Ok(Some(found.value.clone()))
    } else {
        Err(PolicyErrorKind::NotScheme { attribute }.at(found.position))
    }
}
