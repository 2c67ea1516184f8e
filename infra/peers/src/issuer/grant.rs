use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use headgate_core::Secret;

use super::claims::TokenSpec;
use super::form::{Form, decode};
use super::registry::{Client, Registry, Resource};
use super::token_error::TokenError;
use super::{Guid, TokenVersion};

/// What arrives at a token endpoint, as far as it matters.
pub(super) struct Asked<'a> {
    pub(super) tenant: &'a str,
    pub(super) endpoint: TokenVersion,
    pub(super) content_type: Option<&'a str>,
    pub(super) authorization: Option<&'a str>,
    /// The request carries `Headgate-Dev: 1`.
    pub(super) development: bool,
    pub(super) body: &'a [u8],
}

/// A token that may be issued.
#[derive(Debug, PartialEq)]
pub(super) struct Granted {
    pub(super) spec: TokenSpec,
    /// What was asked for, which v1's answer repeats.
    pub(super) resource: String,
}

const FORM: &str = "application/x-www-form-urlencoded";
const DEFAULT_SUFFIX: &str = "/.default";
const DEVELOPMENT_PREFIX: &str = "dev_";

/// Judges a token request as Entra does the client-credentials grant (contracts §5.4), and reads the developer's fields.
pub(super) fn decide(registry: &Registry, asked: &Asked<'_>) -> Result<Granted, TokenError> {
    let path = registry
        .tenant_path(asked.tenant)
        .ok_or_else(|| TokenError::TenantUnknown { tenant: asked.tenant.to_owned() })?;
    // A body of another type is not looked into, so it lacks its first parameter.
    let form = if is_form(asked.content_type) { Form::parse(asked.body)? } else { Form::default() };
    if form.require("grant_type")? != "client_credentials" {
        return Err(TokenError::GrantUnsupported);
    }
    let tenant = path.tenant().ok_or(TokenError::TenantNotNamed)?;
    let client = authenticate(registry, &form, asked.authorization)?;
    let identifier = resource_identifier(&form, asked.endpoint)?;
    let resource = registry
        .resource(identifier)
        .ok_or_else(|| TokenError::ResourceUnknown { resource: identifier.to_owned() })?;
    let spec = describe(&form, asked.development, tenant, client, resource, identifier)?;
    Ok(Granted { spec, resource: identifier.to_owned() })
}

fn is_form(content_type: Option<&str>) -> bool {
    content_type
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case(FORM))
}

/// Finds the client and judges its secret: from the form, or from HTTP Basic (RFC 6749 §2.3.1), never from both.
fn authenticate<'r>(
    registry: &'r Registry,
    form: &Form,
    authorization: Option<&str>,
) -> Result<&'r Client, TokenError> {
    let basic = authorization.map(basic_credentials).transpose()?;
    let in_form = form.get("client_secret");
    let assertion = form.get("client_assertion");
    let given = [basic.is_some(), in_form.is_some(), assertion.is_some()];
    if given.into_iter().filter(|given| *given).count() > 1 {
        return Err(TokenError::Malformed);
    }
    let id = match (&basic, form.get("client_id")) {
        (Some((id, _)), Some(other)) if id != other => return Err(TokenError::Malformed),
        (Some((id, _)), _) => id.as_str(),
        (None, Some(id)) => id,
        (None, None) => return Err(TokenError::ParameterMissing { name: "client_id" }),
    };
    let client =
        registry.client(id).ok_or_else(|| TokenError::ClientUnknown { client: id.to_owned() })?;
    if assertion.is_some() {
        return Err(TokenError::AssertionNotRegistered);
    }
    let secret = basic.as_ref().map(|(_, secret)| secret.expose()).or(in_form);
    match secret {
        None => Err(TokenError::CredentialMissing),
        Some(secret) if client.has_secret(secret) => Ok(client),
        Some(_) => Err(TokenError::SecretWrong),
    }
}

fn basic_credentials(authorization: &str) -> Result<(String, Secret), TokenError> {
    let credentials = || {
        let (scheme, encoded) = authorization.split_once(' ')?;
        let bytes = STANDARD.decode(encoded.trim()).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (id, secret) = text.split_once(':')?;
        let pair = (decode(id)?, Secret::new(decode(secret)?));
        scheme.eq_ignore_ascii_case("basic").then_some(pair)
    };
    credentials().ok_or(TokenError::Malformed)
}

/// What the request is for: `resource` at the v1 endpoint; at the v2 endpoint the one `scope` without its suffix
/// `/.default`, and exactly that (contracts §5.6).
fn resource_identifier(form: &Form, endpoint: TokenVersion) -> Result<&str, TokenError> {
    if endpoint == TokenVersion::V1 {
        return form.require("resource");
    }
    if form.get("resource").is_some() {
        return Err(TokenError::ResourceNotSupported);
    }
    let scope = form.require("scope")?;
    let scopes: Vec<&str> = scope.split_ascii_whitespace().collect();
    let defaults = scopes.iter().filter(|scope| scope.ends_with(DEFAULT_SUFFIX)).count();
    match scopes.as_slice() {
        [only] => only
            .strip_suffix(DEFAULT_SUFFIX)
            .filter(|identifier| !identifier.is_empty())
            .ok_or_else(|| TokenError::ScopeNotDefault { scope: scope.to_owned() }),
        several if defaults == several.len() && defaults > 0 => {
            Err(TokenError::ScopeOfSeveralResources)
        }
        _ if defaults > 0 => Err(TokenError::ScopeMixed),
        _ => Err(TokenError::ScopeNotDefault { scope: scope.to_owned() }),
    }
}

/// Describes the token that the registration gives, changed as the developer's fields ask.
fn describe(
    form: &Form,
    development: bool,
    tenant: Guid,
    client: &Client,
    resource: &Resource,
    identifier: &str,
) -> Result<TokenSpec, TokenError> {
    let mut spec = TokenSpec {
        tenant,
        version: resource.version,
        audience: resource.audience(identifier),
        client: client.id.to_string(),
        ..TokenSpec::default()
    };
    for name in form.names().filter(|name| name.starts_with(DEVELOPMENT_PREFIX)) {
        if !development {
            return Err(TokenError::DevelopmentUnmarked { name: name.to_owned() });
        }
        let value = form.get(name).unwrap_or_default();
        change(&mut spec, name, value, resource, identifier)
            .ok_or_else(|| TokenError::DevelopmentInvalid { name: name.to_owned() })?;
    }
    // Whatever the version, an audience that was asked for stands.
    if let Some(audience) = form.get("dev_audience") {
        audience.clone_into(&mut spec.audience);
    }
    Ok(spec)
}

/// Applies one of the developer's fields; `None` when it is not known or does not take the value.
fn change(
    spec: &mut TokenSpec,
    name: &str,
    value: &str,
    resource: &Resource,
    identifier: &str,
) -> Option<()> {
    let words = || value.split_ascii_whitespace().map(str::to_owned).collect();
    if value.is_empty() {
        return None;
    }
    match name {
        "dev_audience" => {}
        "dev_version" => {
            let version = value.parse().ok()?;
            spec.audience = Resource { version, ..resource.clone() }.audience(identifier);
            spec.version = version;
        }
        "dev_client" => value.clone_into(&mut spec.client),
        "dev_roles" => spec.roles = words(),
        "dev_scopes" => spec.scopes = words(),
        "dev_subject" => spec.subject = Some(value.to_owned()),
        "dev_expires_in" => spec.expires_in = Some(value.parse().ok()?),
        "dev_algorithm" => spec.algorithm = value.parse().ok()?,
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests;
