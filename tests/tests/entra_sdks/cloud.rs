use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use headgate_core::{Clock, FileError, Files, Secret};
use headgate_entra::{Credentials, FixedEnvironment, Identities, Ports, Scope, SealingKeys, World};
use headgate_fakes::{FixedVariables, MemoryDiagnostics, MemoryKeyValue};
use headgate_native::{DiskFiles, OsRandom, SystemClock};
use headgate_peers::entra::{
    Api, ClientSecret, Entra, EntraConfig, EntraRunning, OutsideIssuer, Registration, User,
};
use headgate_peers::identity::{AppService, Arc as ArcAgent, Assigned, Imds, Machine};
use headgate_peers::issuer::{Guid, TokenSpec, TokenVersion};
use headgate_peers::peer::{Serving, Tls};
use http::header::LOCATION;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_RSA_SHA256,
};
use tempfile::TempDir;

use super::client::RecordingClient;
use super::token::Got;

pub(crate) const APPLICATION: Guid = Guid::from_u128(0xa1);
pub(crate) const PUBLIC: Guid = Guid::from_u128(0xa2);
pub(crate) const API: Guid = Guid::from_u128(0xa9);
pub(crate) const SYSTEM: Guid = Guid::from_u128(0xc1);
pub(crate) const USER_ASSIGNED: Guid = Guid::from_u128(0xc2);
pub(crate) const SECRET: &str = "s3cret~of the+application";
pub(crate) const PASSWORD: &str = "p4ssword of & ada";
pub(crate) const REDIRECT: &str = "http://localhost/callback";
pub(crate) const SUBJECT: &str = "system:serviceaccount:orders:robot";
const USER: Guid = Guid::from_u128(0xb1);
pub(super) const SCOPE: &str = "api://orders/.default";
const EXCHANGE: &str = "api://AzureADTokenExchange";
const ANY_PORT: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// A tenant of Entra over TLS, and what the packages and `shared/entra` have in common.
pub(crate) struct Cloud {
    entra: EntraRunning,
    /// The certificate of who signed Entra's, in PEM.
    authority: String,
    outside: OutsideIssuer,
    folder: TempDir,
    pub(crate) client_certificate: String,
    pub(crate) client_key: String,
}

/// The ports of `shared/entra` in this test.
struct Own;

impl World for Own {
    type Http = RecordingClient;
    type KeyValue = MemoryKeyValue;
    type Clock = SystemClock;
    type Random = OsRandom;
    type Files = AgentFiles;
    type Diagnostics = MemoryDiagnostics;
    type Environment = FixedEnvironment;
}

/// The disk's files, where the folder of Arc's agent is the test's own.
struct AgentFiles(String);

impl Files for AgentFiles {
    async fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        match path.strip_prefix(ArcAgent::FOLDER) {
            Some(name) => DiskFiles.read(&format!("{}/{name}", self.0)).await,
            None => DiskFiles.read(path).await,
        }
    }
}

fn rsa_pair() -> (String, String, Vec<u8>) {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate = CertificateParams::default().self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem(), certificate.der().to_vec())
}

/// An authority in PEM, and what Entra serves TLS with.
fn tls() -> (String, Tls) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    // Another than the leaf's, which would else be taken for self-signed.
    params.distinguished_name.push(DnType::CommonName, "authority of this test");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate().unwrap();
    let leaf = params.signed_by(&key, &authority).unwrap();
    (authority.pem(), Tls::from_pem(&leaf.pem(), &key.serialize_pem()).unwrap())
}

impl Cloud {
    pub(crate) async fn start() -> Self {
        let (authority, tls) = tls();
        let (client_certificate, client_key, der) = rsa_pair();
        let outside = OutsideIssuer::new("https://cluster.example").unwrap();
        let secret = ClientSecret { value: Secret::new(SECRET), expires_at: None };
        let api = |uri: &str, id| Api {
            uri: uri.to_owned(),
            id,
            version: TokenVersion::V2,
            is_exact: false,
            scopes: vec!["Orders.Read".to_owned()],
        };
        let entra = Entra::start(EntraConfig {
            tls: Some(tls),
            applications: vec![
                Registration {
                    secrets: vec![secret],
                    certificates: vec![der],
                    federated: vec![outside.trusted_for(SUBJECT, EXCHANGE)],
                    redirect_uris: vec![REDIRECT.to_owned()],
                    identifier_uri: Some("api://headgate".to_owned()),
                    roles: vec!["Orders.All".to_owned()],
                    ..Registration::new(APPLICATION)
                },
                Registration { is_public: true, ..Registration::new(PUBLIC) },
            ],
            users: vec![User {
                id: USER,
                name: "ada@headgate.example".to_owned(),
                password: Secret::new(PASSWORD),
                wants: None,
            }],
            apis: vec![api("api://orders", API), api("api://headgate", APPLICATION)],
            ..EntraConfig::default()
        });
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), &authority).unwrap();
        Self {
            entra: entra.await.unwrap(),
            authority,
            outside,
            folder,
            client_certificate,
            client_key,
        }
    }

    pub(crate) fn authority(&self) -> String {
        self.entra.base_url()
    }

    pub(crate) const fn tenant(&self) -> &'static str {
        self.entra.tenant()
    }

    pub(crate) fn folder(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    /// A table of the document of credentials, for an application.
    pub(crate) fn table(&self, kind: &str, client: Guid, more: &str) -> String {
        let (tenant, authority) = (self.tenant(), self.authority());
        format!(
            "[one]\nkind = \"{kind}\"\ntenant = \"{tenant}\"\nclient-id = \"{client}\"\nauthority = \"{authority}\"\n{more}\n"
        )
    }

    /// An assertion of the cluster, in a file.
    pub(crate) fn assertion_file(&self) -> String {
        let assertion = self.outside.assertion(SUBJECT, EXCHANGE, SystemClock.now());
        let path = self.folder.path().join("assertion");
        fs::write(&path, assertion).unwrap();
        path.to_str().unwrap().to_owned()
    }

    async fn identities(
        &self,
        document: &str,
        environment: &[(&str, &str)],
    ) -> (Identities<Own>, RecordingClient) {
        let variables = FixedVariables::new([("one", SECRET), ("password", PASSWORD)]);
        let credentials = Credentials::load(document, &variables).await.unwrap();
        let key = SealingKeys::parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
        let http = RecordingClient::trusting(&self.authority);
        let ports = Ports {
            http: http.clone(),
            key_value: MemoryKeyValue::new(),
            clock: SystemClock,
            random: OsRandom,
            files: AgentFiles(self.folder().to_owned()),
            diagnostics: MemoryDiagnostics::new(),
            environment: FixedEnvironment::new(environment.iter().copied()),
        };
        (Identities::new(credentials, Some(key), ports), http)
    }

    /// What `shared/entra` gets by the credential `one`.
    pub(crate) async fn own(&self, document: &str) -> Got {
        self.own_in(document, &[]).await
    }

    async fn own_in(&self, document: &str, environment: &[(&str, &str)]) -> Got {
        let (identities, http) = self.identities(document, environment).await;
        let token = identities.token("one", &scope()).await.unwrap();
        Got { token: token.expose().to_owned(), asked: http.asked() }
    }

    /// What it gets by a managed identity.
    pub(crate) async fn own_managed(
        &self,
        more: &str,
        named: Option<Guid>,
        environment: &[(&str, &str)],
    ) -> Got {
        let named = named.map_or_else(String::new, |id| format!("client-id = \"{id}\""));
        let document = format!("[one]\nkind = \"managed-identity\"\n{more}\n{named}\n");
        self.own_in(&document, environment).await
    }

    /// What it gets when a person consents, and then when the token has to be another.
    pub(crate) async fn signed_in(&self) -> (Got, Got) {
        let more = format!("redirect-uri = \"{REDIRECT}\"\nclient-secret = \"${{secret:one}}\"");
        let document = self.table("authorization-code", APPLICATION, &more);
        let (identities, http) = self.identities(&document, &[]).await;
        let sign_in = identities.begin_sign_in("one", "ada", &scope()).await.unwrap();
        let page = self.page(&sign_in.url).await;
        let query: Vec<_> = page.split_once('?').unwrap().1.split('&').collect();
        let get = |name: &str| {
            let value = query.iter().find_map(|pair| pair.strip_prefix(&format!("{name}=")));
            percent_encoding::percent_decode_str(value.unwrap()).decode_utf8().unwrap().into_owned()
        };
        identities.complete_sign_in(&get("state"), &Secret::new(get("code"))).await.unwrap();
        let token = identities.connection_token("one", "ada", &scope()).await.unwrap();
        let first = Got { token: token.expose().to_owned(), asked: http.asked() };
        // Another scope of the same API has no token yet, and is had by the refresh token.
        let other = Scope::parse("api://orders/Orders.Read").unwrap();
        let token = identities.connection_token("one", "ada", &other).await.unwrap();
        let mut asked = http.asked().split_off(first.asked.len());
        for asked in &mut asked {
            // The claims are the same by this scope; the packages are asked for the usual one.
            let scope = asked.form.get_mut("scope").unwrap();
            *scope = scope.replace("api://orders/Orders.Read", SCOPE);
        }
        (first, Got { token: token.expose().to_owned(), asked })
    }

    /// Does what the browser of a person does who consents.
    async fn page(&self, url: &str) -> String {
        use headgate_core::{Body, HttpClient, Timeout};
        let request = http::Request::get(url).body(Body::empty()).unwrap();
        let timeout = Timeout::each(std::time::Duration::from_secs(5));
        let client = RecordingClient::trusting(&self.authority);
        let answer = client.send(request, timeout).await.unwrap();
        answer.headers()[LOCATION].to_str().unwrap().to_owned()
    }

    /// A token of a person for the application itself.
    pub(crate) fn callers_token(&self) -> String {
        let spec = TokenSpec {
            audience: APPLICATION.to_string(),
            scopes: vec!["access_as_user".to_owned()],
            subject: Some(USER.to_string()),
            ..TokenSpec::default()
        };
        self.entra.issuer().mint(&spec).unwrap()
    }

    pub(crate) async fn on_behalf_of(&self, caller: &str) -> Got {
        let more = "client-secret = \"${secret:one}\"";
        let document = self.table("on-behalf-of", APPLICATION, more);
        let (identities, http) = self.identities(&document, &[]).await;
        let caller = Secret::new(caller);
        let token = identities.on_behalf_of("one", &scope(), &caller).await.unwrap();
        Got { token: token.expose().to_owned(), asked: http.asked() }
    }

    fn machine(&self, identities: &[(Guid, bool)]) -> Machine {
        let identity = |(client_id, is_system): &(Guid, bool)| Assigned {
            client_id: *client_id,
            object_id: Guid::derived_from(&client_id.to_string()),
            resource_id: format!("/subscriptions/a/identities/{client_id}"),
            is_system: *is_system,
        };
        Machine {
            issuer: Arc::clone(self.entra.issuer()),
            clock: Arc::new(SystemClock),
            identities: identities.iter().map(identity).collect(),
            resources: vec!["api://orders".to_owned()],
            lifetime: 86_400,
        }
    }

    pub(crate) async fn imds(&self) -> Serving {
        let machine = self.machine(&[(SYSTEM, true), (USER_ASSIGNED, false)]);
        Imds::start(ANY_PORT, machine).await.unwrap()
    }

    pub(crate) async fn app_service(&self) -> Serving {
        let machine = self.machine(&[(SYSTEM, true), (USER_ASSIGNED, false)]);
        AppService::start(ANY_PORT, machine, Secret::new(SECRET)).await.unwrap()
    }

    pub(crate) async fn arc(&self) -> Serving {
        let folder = Mutex::new(self.folder.path().to_owned());
        let write = Box::new(move |path: &str, key: &str| {
            let name = Path::new(path).file_name().unwrap();
            fs::write(folder.lock().unwrap().join(name), key).unwrap();
        });
        ArcAgent::start(ANY_PORT, self.machine(&[(SYSTEM, true)]), write).await.unwrap().0
    }
}

fn scope() -> Scope {
    Scope::parse(SCOPE).unwrap()
}
