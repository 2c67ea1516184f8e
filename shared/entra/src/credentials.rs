use std::collections::BTreeMap;

use headgate_core::Variables;
use headgate_events::document::{self, DocumentError};

use crate::credential::{Credential, CredentialKind};
use crate::reader;

/// The credentials of a function, by the variable `credentials`.
///
/// The variable holds a TOML document with a table per credential:
///
/// ```toml
/// [orders]
/// kind = "client-secret"
/// tenant = "contoso.onmicrosoft.com"              # the tenant's id or domain
/// client-id = "b2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4b"
/// client-secret = "${secret:orders-client-secret}"
/// cloud = "public"                                # public (the default), us-government or china
/// # authority = "https://login.example"           # in place of cloud; http on loopback alone
/// endpoint = "v2"                                 # v2 (the default) sends scope, v1 sends resource
///
/// [billing]
/// kind = "certificate"
/// tenant = "contoso.onmicrosoft.com"
/// client-id = "b2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4b"
/// certificate-file = "billing.pem"                # PEM, read at each use: certificate and RSA private key; or
/// # certificate = "${secret:billing-certificate}" # the same here
///
/// [pipeline]
/// kind = "federated"
/// tenant = "contoso.onmicrosoft.com"
/// client-id = "b2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4b"
/// assertion-file = "/var/run/secrets/tokens/entra"  # another issuer's JWT, read at each exchange; or
/// # assertion-url = "https://tokens.example/"       # an address that answers it, bare or as {"value": "…"},
/// # assertion-url-authorization = "${secret:…}"     # with this header Authorization; or
/// # assertion-identity = "robots"                   # the token of a managed identity of this document
///
/// [robots]
/// kind = "managed-identity"
/// # client-id, object-id or resource-id             # of a user-assigned one; none: the system-assigned one
/// source = "auto"                                   # auto (the default), workload-identity, app-service, arc or imds
///
/// [legacy]
/// kind = "password"                                 # for a confidential client with a proof besides
/// tenant = "contoso.onmicrosoft.com"
/// client-id = "b2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4b"
/// username = "robot@contoso.onmicrosoft.com"
/// password = "${secret:legacy-password}"
///
/// [mail]
/// kind = "authorization-code"
/// tenant = "contoso.onmicrosoft.com"
/// client-id = "b2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4b"
/// redirect-uri = "https://headgate.example/mail/callback"
/// client-secret = "${secret:mail-client-secret}"    # or certificate…, or assertion-…; none: a public client
///
/// [behalf]
/// kind = "on-behalf-of"
/// tenant = "contoso.onmicrosoft.com"
/// client-id = "b2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4b"
/// client-secret = "${secret:behalf-client-secret}"  # or certificate…, or assertion-…
///
/// [anywhere]
/// kind = "chain"
/// of = ["robots", "orders"]                         # the first that is available where the function runs
/// ```
#[derive(Debug, Default)]
pub struct Credentials(BTreeMap<String, Credential>);

impl Credentials {
    /// No credentials: the variable is not set.
    #[must_use]
    pub const fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// Reads the document, with the variables that it refers to as `${secret:NAME}`.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] with the line, column and key of whatever cannot be honoured: nothing is passed over.
    pub async fn load(text: &str, variables: &impl Variables) -> Result<Self, DocumentError> {
        let mut root = document::parse(text)?;
        document::expand(&mut root, variables).await?;
        reader::read(&root).map(Self)
    }

    /// The kind of the credential of this name; `None` when there is none.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<CredentialKind> {
        self.get(name).map(|credential| credential.kind)
    }

    /// Every name with its kind, in the order of the names.
    pub fn names(&self) -> impl Iterator<Item = (&str, CredentialKind)> {
        self.0.iter().map(|(name, credential)| (name.as_str(), credential.kind))
    }

    /// Whether a credential keeps what must be sealed, so that [`SealingKeys`](crate::SealingKeys) are needed.
    #[must_use]
    pub fn need_sealing_keys(&self) -> bool {
        self.names().any(|(_, kind)| kind == CredentialKind::AuthorizationCode)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Credential> {
        self.0.get(name)
    }
}
