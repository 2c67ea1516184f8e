use std::fmt;
use std::str::FromStr;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use headgate_core::Secret;

use super::{Guid, TokenVersion};

/// A tenant that the issuer issues for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its id, which `tid` says.
    pub id: Guid,
    /// A domain that stands for the id in paths.
    pub domain: Option<String>,
}

/// An application that may ask for tokens, in every tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its client id.
    pub id: Guid,
    /// Its secret.
    pub secret: Secret,
}

/// An API that tokens are for. Its registration decides the tokens' version (contracts §5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its application ID URI, as `api://orders`.
    pub application_id_uri: String,
    /// Its client id: `aud` of its tokens when they are v2.
    pub client_id: Guid,
    /// The version of its tokens.
    pub version: TokenVersion,
}

/// A text that is no [`Resource`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("resource is not of the form URI=v1 or URI=v2, as api://orders=v1")]
pub struct ResourceMalformed;

/// Everything that is registered.
#[derive(Debug)]
pub(super) struct Registry {
    pub(super) tenants: Vec<Tenant>,
    pub(super) clients: Vec<Client>,
    pub(super) resources: Vec<Resource>,
}

/// The tenant that a path names: one, or none in particular.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TenantPath {
    Tenant(Guid),
    Common,
    Organizations,
}

impl Registry {
    /// Finds what a path's first segment names: a tenant by its id or domain, `common` or `organizations`.
    pub(super) fn tenant_path(&self, segment: &str) -> Option<TenantPath> {
        match segment {
            "common" => Some(TenantPath::Common),
            "organizations" => Some(TenantPath::Organizations),
            other => {
                let id = other.parse::<Guid>().ok();
                self.tenants
                    .iter()
                    .find(|tenant| {
                        Some(tenant.id) == id
                            || tenant
                                .domain
                                .as_ref()
                                .is_some_and(|domain| domain.eq_ignore_ascii_case(other))
                    })
                    .map(|tenant| TenantPath::Tenant(tenant.id))
            }
        }
    }

    pub(super) fn client(&self, id: &str) -> Option<&Client> {
        let id = id.parse::<Guid>().ok()?;
        self.clients.iter().find(|client| client.id == id)
    }

    /// Finds the resource of this application ID URI, with or without its trailing slash, or of this client id.
    pub(super) fn resource(&self, identifier: &str) -> Option<&Resource> {
        let bare = |uri: &str| uri.strip_suffix('/').unwrap_or(uri).to_owned();
        let id = identifier.strip_prefix("api://").unwrap_or(identifier).parse::<Guid>().ok();
        self.resources.iter().find(|resource| {
            bare(&resource.application_id_uri) == bare(identifier) || Some(resource.client_id) == id
        })
    }
}

impl Client {
    /// Judges a secret in a time that does not depend on where it differs.
    pub(super) fn has_secret(&self, offered: &str) -> bool {
        verify_slices_are_equal(self.secret.expose().as_bytes(), offered.as_bytes()).is_ok()
    }
}

impl Resource {
    /// What `aud` says in a token that was asked for by `identifier`: always the client id for v2; what was asked for
    /// for v1 (contracts §5.3).
    pub(super) fn audience(&self, identifier: &str) -> String {
        match self.version {
            TokenVersion::V1 => identifier.to_owned(),
            TokenVersion::V2 => self.client_id.to_string(),
        }
    }
}

/// Reads `URI=v1` or `URI=v2`; the client id is derived from the URI.
impl FromStr for Resource {
    type Err = ResourceMalformed;

    fn from_str(text: &str) -> Result<Self, ResourceMalformed> {
        let (uri, version) = text.rsplit_once('=').ok_or(ResourceMalformed)?;
        let version = version
            .strip_prefix('v')
            .and_then(|version| version.parse().ok())
            .ok_or(ResourceMalformed)?;
        if uri.is_empty() || uri.contains(char::is_whitespace) {
            return Err(ResourceMalformed);
        }
        let client_id = Guid::derived_from(uri);
        Ok(Self { application_id_uri: uri.to_owned(), client_id, version })
    }
}

impl TenantPath {
    /// The tenant, when the path names one.
    pub(super) const fn tenant(self) -> Option<Guid> {
        match self {
            Self::Tenant(id) => Some(id),
            Self::Common | Self::Organizations => None,
        }
    }

    /// The segment that stands for it in addresses.
    pub(super) fn segment(self) -> String {
        match self {
            Self::Tenant(id) => id.to_string(),
            Self::Common => "common".to_owned(),
            Self::Organizations => "organizations".to_owned(),
        }
    }
}

/// The tenant as an issuer has it: the template `{tenantid}` when there is none in particular (contracts §5.1).
impl fmt::Display for TenantPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant(id) => id.fmt(formatter),
            Self::Common | Self::Organizations => formatter.write_str("{tenantid}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry() -> Registry {
        Registry {
            tenants: vec![Tenant {
                id: Guid::from_u128(1),
                domain: Some("headgate.example".into()),
            }],
            clients: vec![Client { id: Guid::from_u128(2), secret: Secret::new("right") }],
            resources: vec![
                "api://orders=v1".parse().unwrap(),
                "https://management.azure.com/=v2".parse().unwrap(),
            ],
        }
    }

    #[test]
    fn a_tenant_is_found_by_its_id_and_by_its_domain_in_any_case() {
        let own = Some(TenantPath::Tenant(Guid::from_u128(1)));
        assert_eq!(registry().tenant_path("00000000-0000-0000-0000-000000000001"), own);
        assert_eq!(registry().tenant_path("Headgate.Example"), own);
        assert_eq!(registry().tenant_path("organizations"), Some(TenantPath::Organizations));
        assert_eq!(registry().tenant_path("00000000-0000-0000-0000-000000000002"), None);
        assert_eq!(registry().tenant_path("consumers"), None);
    }

    #[test]
    fn a_resource_is_found_by_its_uri_with_or_without_the_slash_and_by_its_client_id() {
        let registry = registry();
        let orders = Guid::derived_from("api://orders");
        for identifier in [
            "api://orders".to_owned(),
            "api://orders/".to_owned(),
            orders.to_string(),
            format!("api://{orders}"),
        ] {
            let found = registry.resource(&identifier).expect(&identifier);
            assert_eq!(found.client_id, orders);
            assert_eq!(found.audience(&identifier), identifier, "v1 says what was asked for");
        }
        let azure = registry.resource("https://management.azure.com").unwrap();
        assert_eq!(azure.audience("https://management.azure.com"), azure.client_id.to_string());
        assert!(registry.resource("api://order").is_none());
    }

    #[test]
    fn a_registration_without_a_version_is_refused() {
        for text in ["api://orders", "api://orders=", "api://orders=1", "=v1", "a b=v1"] {
            assert_eq!(text.parse::<Resource>(), Err(ResourceMalformed), "{text}");
        }
    }

    #[test]
    fn a_secret_is_judged_whole_and_does_not_show() {
        let client = registry().clients.remove(0);
        assert!(client.has_secret("right"));
        assert!(!client.has_secret("righ") && !client.has_secret(""));
        assert!(!format!("{client:?}").contains("right"));
    }
}
