use std::net::SocketAddr;
use std::path::PathBuf;

use headgate_core::Secret;

use super::config::{Api, ClientSecret, EntraConfig, Registration, User};
use super::service::{Entra, EntraRunning};
use crate::issuer::{
    DEFAULT_API_CLIENT_ID, DEFAULT_AUDIENCE, DEFAULT_CLIENT_ID, Guid, Issuer, IssuerConfig,
    Resource, StartError, TokenVersion,
};
use crate::peer::Tls;

/// The public client that a developer's Entra knows: it takes passwords.
pub const DEVELOPMENT_PUBLIC_CLIENT_ID: &str = "c7d1f0a2-6b3e-4d58-9a41-2e5f8b7c6d90";

/// The one user, whose password is the client's secret.
pub const DEVELOPMENT_USER: &str = "ada@headgate.example";

const USER: Guid = Guid::from_u128(0x5e0a_7c31_94f2_4b6d_8c17_3d9e_a2b4_f658);

/// The APIs of Microsoft that the functions speak to, with the version of their tokens; the second is one by its slash.
const APIS: [(&str, TokenVersion, bool); 5] = [
    ("https://management.azure.com/", TokenVersion::V1, false),
    ("https://service.flow.microsoft.com/", TokenVersion::V1, true),
    ("https://graph.microsoft.com", TokenVersion::V1, false),
    ("https://api.powerplatform.com", TokenVersion::V1, false),
    ("https://analysis.windows.net/powerbi/api", TokenVersion::V1, false),
];

/// An [`Entra`] for a developer's machine.
#[derive(Clone, Debug)]
pub struct Development {
    /// Where it listens; only loopback is accepted.
    pub listen: SocketAddr,
    /// Where its keys and its client's secret are kept over restarts.
    pub state_dir: PathBuf,
    /// Serves TLS: Microsoft's own libraries want `https`.
    pub tls: Option<Tls>,
    /// APIs besides the known ones.
    pub apis: Vec<Resource>,
}

impl Development {
    /// Starts it: with the client of [`DEFAULT_CLIENT_ID`], whose secret is made at the first start and kept, a public
    /// client, and a user. Gives it with the secret.
    ///
    /// # Errors
    ///
    /// As [`Entra::start`].
    pub async fn start(self) -> Result<(EntraRunning, Secret), StartError> {
        let state_dir = Some(self.state_dir);
        let issuer = Issuer::start(IssuerConfig { state_dir, ..IssuerConfig::default() }).await?;
        let secret = issuer.client_secret().clone();
        let known = |id: &str| id.parse::<Guid>().unwrap_or(Guid::derived_from(id));
        let value = secret.clone();
        let application = Registration {
            secrets: vec![ClientSecret { value, expires_at: None }],
            redirect_uris: vec!["http://127.0.0.1:3000/entra-http/consent/callback".to_owned()],
            ..Registration::new(known(DEFAULT_CLIENT_ID))
        };
        let public = Registration {
            is_public: true,
            ..Registration::new(known(DEVELOPMENT_PUBLIC_CLIENT_ID))
        };
        let api = |uri: &str, id, version, is_exact| Api {
            uri: uri.to_owned(),
            id,
            version,
            is_exact,
            scopes: vec!["user_impersonation".to_owned()],
        };
        let mut apis =
            vec![api(DEFAULT_AUDIENCE, known(DEFAULT_API_CLIENT_ID), TokenVersion::V2, false)];
        let of_microsoft = APIS.into_iter();
        apis.extend(
            of_microsoft.map(|(uri, version, is_exact)| {
                api(uri, Guid::derived_from(uri), version, is_exact)
            }),
        );
        let more = self.apis.into_iter();
        apis.extend(more.map(|it| api(&it.application_id_uri, it.client_id, it.version, false)));
        let config = EntraConfig {
            listen: self.listen,
            tls: self.tls,
            applications: vec![application, public],
            users: vec![User {
                id: USER,
                name: DEVELOPMENT_USER.to_owned(),
                password: secret.clone(),
                wants: None,
            }],
            apis,
            ..EntraConfig::default()
        };
        Ok((Entra::serve(config, issuer).await?, secret))
    }
}

impl EntraRunning {
    /// The resources that a machine's identity gets tokens for: every API, as it is registered and without the slash at
    /// its end.
    #[must_use]
    pub fn resources(&self) -> Vec<String> {
        let of = |api: &Api| {
            let bare = api.uri.strip_suffix('/').filter(|_| !api.is_exact);
            [Some(api.uri.clone()), bare.map(str::to_owned)]
        };
        self.apis().iter().flat_map(of).flatten().collect()
    }
}
