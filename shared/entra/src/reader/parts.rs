use std::sync::atomic::AtomicBool;

use headgate_core::Secret;
use headgate_events::document::{DocumentError, DocumentErrorKind, Fields};

use crate::Cloud;
use crate::address::{Address, AddressError};
use crate::application::{Application, Version};
use crate::federated::Federated;
use crate::managed_identity::{ManagedIdentity, Source, Which};
use crate::password::Password;

pub(super) fn managed_identity(fields: &Fields<'_>) -> Result<ManagedIdentity, DocumentError> {
    let which = match one_of(fields, &super::IDS)? {
        None => Which::SystemAssigned,
        Some("client-id") => Which::ClientId(fields.required_text("client-id")?.to_owned()),
        Some("object-id") => Which::ObjectId(fields.required_text("object-id")?.to_owned()),
        Some(_) => Which::ResourceId(fields.required_text("resource-id")?.to_owned()),
    };
    let sources = "auto, workload-identity, app-service, arc or imds";
    let source = fields.choice("source", &Source::CHOICES, sources)?.unwrap_or_default();
    let imds = match fields.text("imds-endpoint")?.unwrap_or(ManagedIdentity::IMDS) {
        // The one address that is not this machine's by its looks.
        ManagedIdentity::IMDS => Address::of_platform(ManagedIdentity::IMDS),
        other => Address::parse(other),
    };
    let imds = imds.map_err(|error| fields.wrong("imds-endpoint", kind_of(error)))?;
    Ok(ManagedIdentity { which, source, imds, imds_answered: AtomicBool::new(false) })
}

pub(super) fn application(fields: &Fields<'_>) -> Result<Application, DocumentError> {
    let cloud = fields.choice("cloud", &Cloud::CHOICES, "public, us-government or china")?;
    let authority = match (fields.text("authority")?, cloud) {
        (Some(_), Some(_)) => {
            return Err(fields.wrong("authority", DocumentErrorKind::Excluded { other: "cloud" }));
        }
        (Some(authority), None) => Address::parse(authority),
        (None, cloud) => Address::parse(cloud.unwrap_or_default().authority()),
    };
    let authority = authority.map_err(|error| fields.wrong("authority", kind_of(error)))?;
    let versions = [("v2", Version::V2), ("v1", Version::V1)];
    let version = fields.choice("endpoint", &versions, "v2 or v1")?.unwrap_or_default();
    let plain = |key, expected| {
        let text = fields.required_text(key)?;
        // It stands in a path.
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if text.len() <= 255 && text.bytes().all(allowed) && !text.contains("..") {
            return Ok(text.to_owned());
        }
        Err(fields.wrong(key, DocumentErrorKind::Malformed { expected }))
    };
    let tenant = plain("tenant", "a tenant's id or domain")?;
    let client_id = plain("client-id", "an application's id")?;
    let kind = fields.text("kind")?.unwrap_or_default();
    let no_user = matches!(kind, "client-secret" | "certificate" | "federated");
    if no_user && matches!(tenant.as_str(), "common" | "organizations" | "consumers") {
        let expected = "one tenant's id or domain: an application acts in one tenant";
        return Err(fields.wrong("tenant", DocumentErrorKind::Malformed { expected }));
    }
    if kind == "password" && matches!(tenant.as_str(), "common" | "consumers") {
        let expected = "the user's tenant or organizations: a password is not taken elsewhere";
        return Err(fields.wrong("tenant", DocumentErrorKind::Malformed { expected }));
    }
    Ok(Application { authority, tenant, client_id, version })
}

pub(super) fn password(fields: &Fields<'_>) -> Result<Password, DocumentError> {
    let username = fields.required_text("username")?.to_owned();
    let password = fields.required_text("password")?;
    if password.trim() != password {
        let reason = "has white space at an end, which entra does not take";
        return Err(fields.wrong("password", DocumentErrorKind::Conflict { reason }));
    }
    Ok(Password { username, password: Secret::new(password) })
}

/// The security token service of AWS in `region`.
#[cfg(not(target_family = "wasm"))]
pub(super) fn web_identity(fields: &Fields<'_>, region: &str) -> Result<Federated, DocumentError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if region.len() > 32 || !region.bytes().all(plain) {
        let kind = DocumentErrorKind::Malformed { expected: "a region of AWS, as eu-west-1" };
        return Err(fields.wrong("assertion-aws-region", kind));
    }
    let key = "assertion-aws-endpoint";
    let endpoint = fields.text(key)?.map(Address::parse).transpose();
    let endpoint = endpoint.map_err(|error| fields.wrong(key, kind_of(error)))?;
    Ok(Federated::Aws(crate::aws::WebIdentity { region: region.to_owned(), endpoint }))
}

/// A component has no role of AWS.
#[cfg(target_family = "wasm")]
pub(super) fn web_identity(fields: &Fields<'_>, _region: &str) -> Result<Federated, DocumentError> {
    let reason = "is for native binaries: a component has no role of AWS";
    Err(fields.wrong("assertion-aws-region", DocumentErrorKind::Conflict { reason }))
}

/// The one key of `keys` that there is.
pub(super) fn one_of<'k>(
    fields: &Fields<'_>,
    keys: &[&'k str],
) -> Result<Option<&'k str>, DocumentError>
where
    'k: 'static,
{
    let mut given = keys.iter().copied().filter(|key| fields.get(key).is_some());
    let first = given.next();
    match (first, given.next()) {
        (Some(key), Some(other)) => Err(fields.wrong(key, DocumentErrorKind::Excluded { other })),
        (first, _) => Ok(first),
    }
}

pub(super) const fn kind_of(error: AddressError) -> DocumentErrorKind {
    match error {
        AddressError::Malformed => {
            DocumentErrorKind::Malformed { expected: "an absolute https address" }
        }
        AddressError::NotSecure => DocumentErrorKind::NotSecure,
        AddressError::Parts => DocumentErrorKind::UrlParts,
    }
}
