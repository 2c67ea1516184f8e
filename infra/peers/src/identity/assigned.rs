use std::sync::Arc;

use headgate_core::Clock;
use serde_json::{Map, Value, json};

use crate::issuer::{Guid, Running, TokenSpec, TokenVersion};

/// An identity that a machine or an app has.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are Azure's")]
pub struct Assigned {
    pub client_id: Guid,
    pub object_id: Guid,
    /// As in Azure Resource Manager; compared without regard to case.
    pub resource_id: String,
    /// Whether it is the system-assigned one: there is one at most.
    pub is_system: bool,
}

impl Assigned {
    /// The system-assigned one of this resource: `number` is its client id, and the next one its object id.
    #[must_use]
    pub fn system(number: u128, resource_id: &str) -> Self {
        Self {
            client_id: Guid::from_u128(number),
            object_id: Guid::from_u128(number + 1),
            resource_id: resource_id.to_owned(),
            is_system: true,
        }
    }
}

/// What has identities, and who signs their tokens.
pub struct Machine {
    /// Signs the tokens.
    pub issuer: Arc<Running>,
    /// Tells when they expire.
    pub clock: Arc<dyn Clock>,
    /// The identities.
    pub identities: Vec<Assigned>,
    /// The resources that tokens are given for, exactly as they are asked for.
    pub resources: Vec<String>,
    /// How long a token lasts, in seconds.
    pub lifetime: i64,
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Machine")
            .field("identities", &self.identities)
            .finish_non_exhaustive()
    }
}

/// Which identity a request names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Named<'a> {
    Nothing,
    ClientId(&'a str),
    ObjectId(&'a str),
    ResourceId(&'a str),
}

/// A token with what the answers say of it.
pub(super) struct Minted<'m> {
    pub(super) token: String,
    pub(super) expires_on: u64,
    pub(super) expires_in: u64,
    pub(super) not_before: u64,
    pub(super) identity: &'m Assigned,
}

/// Why there is no identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotFound {
    Unknown,
    Several,
}

impl Machine {
    pub(super) fn find(&self, named: Named<'_>) -> Result<&Assigned, NotFound> {
        let is = |guid: Guid, text: &str| text.parse::<Guid>().ok() == Some(guid);
        let mut identities = self.identities.iter();
        let found = match named {
            Named::ClientId(id) => identities.find(|identity| is(identity.client_id, id)),
            Named::ObjectId(id) => identities.find(|identity| is(identity.object_id, id)),
            Named::ResourceId(id) => {
                identities.find(|identity| identity.resource_id.eq_ignore_ascii_case(id))
            }
            Named::Nothing => match self.identities.as_slice() {
                [only] => Some(only),
                several => {
                    let system = several.iter().find(|identity| identity.is_system);
                    return system.ok_or(if several.is_empty() {
                        NotFound::Unknown
                    } else {
                        NotFound::Several
                    });
                }
            },
        };
        found.ok_or(NotFound::Unknown)
    }

    pub(super) fn knows(&self, resource: &str) -> bool {
        self.resources.iter().any(|known| known == resource)
    }

    pub(super) fn mint<'m>(&self, identity: &'m Assigned, resource: &str) -> Option<Minted<'m>> {
        let claims = Map::from_iter([
            ("xms_mirid".to_owned(), json!(identity.resource_id)),
            ("idtyp".to_owned(), json!("app")),
        ]);
        let spec = TokenSpec {
            version: TokenVersion::V1,
            audience: resource.to_owned(),
            client: identity.client_id.to_string(),
            subject: Some(identity.object_id.to_string()),
            expires_in: Some(self.lifetime),
            claims: claims.into_iter().collect::<Map<String, Value>>(),
            ..TokenSpec::default()
        };
        let token = self.issuer.mint(&spec).ok()?;
        let now = self.clock.now().as_secs();
        let expires_in = u64::try_from(self.lifetime).unwrap_or(0);
        Some(Minted { token, expires_on: now + expires_in, expires_in, not_before: now, identity })
    }
}
