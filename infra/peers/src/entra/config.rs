use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use headgate_core::{Clock, Secret, Timestamp};
use serde_json::Value;

use crate::issuer::{Guid, SystemClock, TokenVersion};
use crate::peer::Tls;

/// What an [`Entra`](super::Entra) is made of. The default has one tenant and nothing that is registered in it.
#[derive(Clone)]
pub struct EntraConfig {
    /// Where to listen; port 0 takes a free one. Only loopback is accepted.
    pub listen: SocketAddr,
    /// Serves TLS: Microsoft's libraries want `https`.
    pub tls: Option<Tls>,
    /// The applications.
    pub applications: Vec<Registration>,
    /// The users.
    pub users: Vec<User>,
    /// The APIs.
    pub apis: Vec<Api>,
    /// How long access tokens last, in seconds; `None`: 60 to 90 minutes.
    pub lifetime: Option<i64>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Default for EntraConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: None,
            applications: Vec::new(),
            users: Vec::new(),
            apis: Vec::new(),
            lifetime: None,
            clock: Arc::new(SystemClock),
        }
    }
}

impl std::fmt::Debug for EntraConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("EntraConfig")
            .field("listen", &self.listen)
            .field("applications", &self.applications)
            .field("users", &self.users)
            .field("apis", &self.apis)
            .finish_non_exhaustive()
    }
}

/// An application as it is registered.
#[derive(Clone, Debug)]
pub struct Registration {
    /// Its client id.
    pub id: Guid,
    /// Its secrets.
    pub secrets: Vec<ClientSecret>,
    /// Its certificates, in DER.
    pub certificates: Vec<Vec<u8>>,
    /// The issuers whose tokens stand for it.
    pub federated: Vec<FederatedCredential>,
    /// Whether it is a public client: it proves nothing, and may take passwords.
    pub is_public: bool,
    /// Whether it is switched off.
    pub is_disabled: bool,
    /// Where codes may be sent, exactly.
    pub redirect_uris: Vec<String>,
    /// The URI by which it is an API itself, for the on-behalf-of flow.
    pub identifier_uri: Option<String>,
    /// The roles in its tokens.
    pub roles: Vec<String>,
}

impl Registration {
    /// A confidential application with nothing registered.
    #[must_use]
    pub const fn new(id: Guid) -> Self {
        Self {
            id,
            secrets: Vec::new(),
            certificates: Vec::new(),
            federated: Vec::new(),
            is_public: false,
            is_disabled: false,
            redirect_uris: Vec::new(),
            identifier_uri: None,
            roles: Vec::new(),
        }
    }
}

/// A client secret.
#[derive(Clone, Debug)]
pub struct ClientSecret {
    /// Its value.
    pub value: Secret,
    /// Its end.
    pub expires_at: Option<Timestamp>,
}

/// A trusted issuer: all three are compared exactly, with their case.
#[derive(Clone, Debug)]
pub struct FederatedCredential {
    /// `iss`.
    pub issuer: String,
    /// `sub`.
    pub subject: String,
    /// `aud`.
    pub audience: String,
    /// The issuer's keys, as JSON Web Keys for RS256.
    pub keys: Vec<Value>,
}

/// A user.
#[derive(Clone, Debug)]
pub struct User {
    /// The object id.
    pub id: Guid,
    /// The name to sign in with; compared without regard to case.
    pub name: String,
    /// The password.
    pub password: Secret,
    /// What is in the way of a token.
    pub wants: Option<Wants>,
}

/// What Entra wants of a user before there is a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// To pass multi-factor authentication.
    MultiFactor,
    /// To register for multi-factor authentication.
    Enrolment,
    /// What a Conditional Access policy says.
    ConditionalAccess,
    /// Another password: this one has expired.
    NewPassword,
    /// To be enabled again.
    Enabled,
    /// Patience: the account is locked.
    Unlocked,
    /// To consent.
    Consent,
}

/// An API that tokens are for.
#[derive(Clone, Debug)]
pub struct Api {
    /// Its application ID URI.
    pub uri: String,
    /// Its client id.
    pub id: Guid,
    /// The version of its tokens, which decides their audience (contracts §5.3).
    pub version: TokenVersion,
    /// Whether a URI with a slash more or less at its end is another API. The real service takes either, and the API then
    /// refuses the audience (contracts, Power Platform §3.1).
    pub is_exact: bool,
    /// The permissions that a user's token has for `.default`.
    pub scopes: Vec<String>,
}
