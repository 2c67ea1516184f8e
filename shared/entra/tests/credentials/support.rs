use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use headgate_core::{Clock, FileError, Files, Secret, Timer, Timestamp};
use headgate_entra::{Credentials, FixedEnvironment, Identities, Ports, Scope, SealingKeys, World};
use headgate_fakes::{FixedVariables, ManualClock, MemoryDiagnostics, MemoryKeyValue};
use headgate_native::{OsRandom, ReqwestClient};
use headgate_peers::entra::{
    Api, ClientSecret, Entra, EntraConfig, EntraRunning, Registration, User,
};
use headgate_peers::issuer::{Guid, TokenVersion};
use serde_json::Value;

pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
pub(crate) const APPLICATION: Guid = Guid::from_u128(0xa1);
pub(crate) const API: Guid = Guid::from_u128(0xa9);
pub(crate) const USER: Guid = Guid::from_u128(0xb1);
pub(crate) const SECRET: &str = "s3cret~of the+application";
pub(crate) const PASSWORD: &str = "p4ssword of & ada";
pub(crate) const LIFETIME: i64 = 3_600;

/// The ports of a test: real calls, and time as the test says.
pub(crate) struct Test;

impl World for Test {
    type Http = ReqwestClient;
    type KeyValue = MemoryKeyValue;
    type Clock = SkippingClock;
    type Random = OsRandom;
    type Files = ChangingFiles;
    type Diagnostics = MemoryDiagnostics;
    type Environment = FixedEnvironment;
}

/// A clock that the test moves, and that moves by itself over the pauses between attempts.
///
/// Looking again and again goes by tokio's timer; and how long a renewal or a sink's token may take is up to the test: three
/// seconds, or a minute, by the clock pass when it says so.
#[derive(Clone, Debug)]
pub(crate) struct SkippingClock(pub(crate) ManualClock);

const GLANCES: Duration = Duration::from_millis(50);
const PATIENCE: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(60)];

impl Clock for SkippingClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

impl Timer for SkippingClock {
    async fn sleep(&self, duration: Duration) {
        if duration <= GLANCES {
            tokio::time::sleep(Duration::from_millis(1)).await;
        } else if PATIENCE.contains(&duration) {
            self.0.sleep(duration).await;
        } else {
            self.0.advance(duration);
        }
    }
}

/// Files that a test may change.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChangingFiles(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl ChangingFiles {
    pub(crate) fn put(&self, path: &str, content: &str) {
        self.0.lock().unwrap().insert(path.to_owned(), content.as_bytes().to_vec());
    }
}

impl Files for ChangingFiles {
    async fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let file = self.0.lock().unwrap().get(path).cloned();
        file.ok_or_else(|| FileError { path: path.to_owned(), reason: "no such file".to_owned() })
    }
}

/// A test's cloud, and what its instances have in common.
pub(crate) struct Setup {
    pub(crate) entra: EntraRunning,
    pub(crate) clock: SkippingClock,
    pub(crate) key_value: MemoryKeyValue,
    pub(crate) files: ChangingFiles,
    pub(crate) diagnostics: MemoryDiagnostics,
    pub(crate) environment: FixedEnvironment,
    pub(crate) sealing: Option<SealingKeys>,
}

/// An application with a secret, a user, and an API with `api://orders` as its URI.
pub(crate) fn config(clock: &SkippingClock) -> EntraConfig {
    let secret = ClientSecret { value: Secret::new(SECRET), expires_at: None };
    let api = |uri: &str, id, version, is_exact| Api {
        uri: uri.to_owned(),
        id,
        version,
        is_exact,
        scopes: vec!["Orders.Read".to_owned(), "Orders.Write".to_owned()],
    };
    EntraConfig {
        applications: vec![Registration {
            secrets: vec![secret],
            roles: vec!["Orders.All".to_owned()],
            redirect_uris: vec!["http://127.0.0.1/callback".to_owned()],
            identifier_uri: Some("api://headgate".to_owned()),
            ..Registration::new(APPLICATION)
        }],
        users: vec![User {
            id: USER,
            name: "ada@headgate.example".to_owned(),
            password: Secret::new(PASSWORD),
            wants: None,
        }],
        apis: vec![
            api("api://orders", API, TokenVersion::V2, false),
            api(
                "https://service.flow.microsoft.com/",
                Guid::from_u128(0xaa),
                TokenVersion::V1,
                true,
            ),
            api("api://headgate", APPLICATION, TokenVersion::V2, false),
        ],
        lifetime: Some(LIFETIME),
        clock: Arc::new(clock.clone()),
        ..EntraConfig::default()
    }
}

impl Setup {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut EntraConfig)) -> Self {
        let clock = SkippingClock(ManualClock::at(NOW));
        let mut config = config(&clock);
        change(&mut config);
        Self {
            entra: Entra::start(config).await.unwrap(),
            clock,
            key_value: MemoryKeyValue::new(),
            files: ChangingFiles::default(),
            diagnostics: MemoryDiagnostics::new(),
            environment: FixedEnvironment::default(),
            sealing: None,
        }
    }

    pub(crate) fn requests(&self) -> u64 {
        self.entra.troubles().requests()
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.0.advance(Duration::from_secs(seconds));
    }

    /// What every application's table has.
    pub(crate) fn application(&self) -> String {
        format!(
            "tenant = \"{}\"\nclient-id = \"{APPLICATION}\"\nauthority = \"{}\"\n",
            self.entra.tenant(),
            self.entra.base_url(),
        )
    }

    /// `[orders]` with a client secret, and what else the test wants.
    pub(crate) fn secret_document(&self) -> String {
        let application = self.application();
        format!(
            "[orders]\nkind = \"client-secret\"\n{application}client-secret = \"${{secret:orders}}\"\n"
        )
    }

    /// One more instance of the function.
    pub(crate) async fn instance(&self, document: &str) -> Identities<Test> {
        let variables = FixedVariables::new([("orders", SECRET), ("password", PASSWORD)]);
        let credentials = Credentials::load(document, &variables).await.unwrap();
        Identities::new(
            credentials,
            self.sealing.clone(),
            Ports {
                http: ReqwestClient::new(),
                key_value: self.key_value.clone(),
                clock: self.clock.clone(),
                random: OsRandom,
                files: self.files.clone(),
                diagnostics: self.diagnostics.clone(),
                environment: self.environment.clone(),
            },
        )
    }
}

pub(crate) fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

pub(crate) fn orders() -> Scope {
    scope("api://orders/.default")
}

pub(crate) fn sealing_keys(number: u8) -> SealingKeys {
    let text = base64::engine::general_purpose::STANDARD.encode([number; 32]);
    SealingKeys::parse(&text).unwrap()
}

/// What a token says; its signature is the peer's affair.
pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
