use std::time::Duration;

use super::attributes::{failed_validation, optional, required, texts, variable_name};
use super::{keys, required_claims, token_source};
use crate::policy::error::{PolicyError, PolicyErrorKind};
use crate::policy::model::{OpenIdConfig, TokenVersion, ValidateToken};
use crate::policy::node::{Attribute, Node};
use crate::secure_url::SecureUrl;

const TENANT: &str = "tenant-id";
const ENDPOINT: &str = "authentication-endpoint";
/// The authority of Entra's global cloud.
const LOGIN: &str = "https://login.microsoftonline.com";
/// What stands for a tenant in the addresses of many tenants (contracts §5.1).
const MANY_TENANTS: [&str; 2] = ["organizations", "common"];

/// `validate-azure-ad-token` (contracts §4.2).
pub(super) fn read(node: &Node) -> Result<ValidateToken, PolicyError> {
    let authority = authority(node)?;
    let metadata = |suffix: &str, token_version, found: &Attribute| {
        let address = format!("{authority}{suffix}/.well-known/openid-configuration");
        SecureUrl::parse(&address)
            .map(|url| OpenIdConfig { url, token_version: Some(token_version) })
            .map_err(|_| PolicyErrorKind::NotTenant.at(found.position))
    };
    let tenant = required(node, "validate-azure-ad-token", TENANT)?;
    let client_application_ids = texts(node.list("client-application-ids"), "application-id")?;
    let mut audiences = texts(node.list("audiences"), "audience")?;
    audiences.extend(texts(node.list("backend-application-ids"), "application-id")?);
    if client_application_ids.is_empty() && audiences.is_empty() {
        return Err(PolicyErrorKind::NobodyNamed.at(node.position));
    }
    Ok(ValidateToken {
        source: token_source::read(node)?.unwrap_or_else(token_source::authorization),
        require_scheme: None,
        failure: failed_validation(node)?,
        require_expiration_time: true,
        require_signed_tokens: true,
        clock_skew: Duration::ZERO,
        output_token_variable_name: variable_name(node, "output-token-variable-name")?,
        openid_configs: vec![
            metadata("", TokenVersion::V1, tenant)?,
            metadata("/v2.0", TokenVersion::V2, tenant)?,
        ],
        issuer_signing_keys: Vec::new(),
        decryption_keys: keys::decryption(node)?,
        audiences,
        issuers: Vec::new(),
        client_application_ids,
        required_claims: required_claims::read(node)?,
    })
}

/// The address below which the tenant's metadata stand, without a slash at its end.
fn authority(node: &Node) -> Result<String, PolicyError> {
    let tenant = required(node, "validate-azure-ad-token", TENANT)?;
    let endpoint = optional(node, ENDPOINT)?;
    if tenant.value.contains("://") {
        if let Some(endpoint) = endpoint {
            return Err(PolicyErrorKind::EndpointTwice.at(endpoint.position));
        }
        return base(&tenant.value, TENANT).map_err(|kind| kind.at(tenant.position));
    }
    if !is_tenant(&tenant.value) {
        return Err(PolicyErrorKind::NotTenant.at(tenant.position));
    }
    let login = match endpoint {
        None => LOGIN.to_owned(),
        Some(endpoint) => {
            let address = if endpoint.value.contains("://") {
                endpoint.value.clone()
            } else {
                format!("https://{}", endpoint.value)
            };
            base(&address, ENDPOINT).map_err(|kind| kind.at(endpoint.position))?
        }
    };
    Ok(format!("{login}/{}", tenant.value.to_ascii_lowercase()))
}

/// The address without the `/v2.0` and the slash that may end it.
fn base(address: &str, attribute: &'static str) -> Result<String, PolicyErrorKind> {
    let url = super::url::parse(address, attribute)?;
    if url.uri().query().is_some() || url.uri().path().contains(".well-known") {
        return Err(PolicyErrorKind::NotAuthority { attribute });
    }
    let text = url.to_string();
    let text = text.trim_end_matches('/');
    Ok(text.strip_suffix("/v2.0").unwrap_or(text).to_owned())
}

/// A GUID, a domain, or one of the names for many tenants.
fn is_tenant(tenant: &str) -> bool {
    let many = MANY_TENANTS.iter().any(|name| tenant.eq_ignore_ascii_case(name));
    many || is_guid(tenant) || is_domain(tenant)
}

fn is_guid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12]
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(is_label)
}
