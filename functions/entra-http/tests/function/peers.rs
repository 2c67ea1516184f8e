use std::sync::Arc;

use headgate_core::{Body, Handler, Secret, Timestamp};
use headgate_entra::{FixedEnvironment, World};
use headgate_entra_http::{Configuration, EntraHttp, Ports};
use headgate_fakes::{
    Answered, FixedVariables, ManualClock, MemoryDiagnostics, MemoryFiles, MemoryKeyValue,
};
use headgate_native::{OsRandom, ReqwestClient};
use headgate_peers::arm::{Arm, ArmConfig};
use headgate_peers::dataverse::Bearers;
use headgate_peers::entra::{
    Api, ClientSecret, Entra, EntraConfig, EntraRunning, Registration, User,
};
use headgate_peers::identity::{Assigned, Imds, Machine};
use headgate_peers::issuer::{Guid, TokenVersion};
use headgate_peers::peer::{Serving, Trouble};
use http::{Request, StatusCode};

use crate::town::SkippingClock;

const APPLICATION: Guid = Guid::from_u128(0xa1);
const ARM_API: &str = "https://management.azure.com/";
const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
pub(crate) const CALLBACK: &str = "https://gateway.example/consent/callback";

/// The function with strict peers: an Entra, a machine's identity endpoint, and Azure Resource Manager.
pub(crate) struct Cloud {
    pub(crate) entra: EntraRunning,
    imds: Serving,
    pub(crate) arm: Serving,
    clock: SkippingClock,
    store: MemoryKeyValue,
    pub(crate) diagnostics: MemoryDiagnostics,
}

enum Peered {}

impl World for Peered {
    type Http = ReqwestClient;
    type KeyValue = MemoryKeyValue;
    type Clock = SkippingClock;
    type Random = OsRandom;
    type Files = MemoryFiles;
    type Diagnostics = MemoryDiagnostics;
    type Environment = FixedEnvironment;
}

impl Cloud {
    pub(crate) async fn start() -> Self {
        let clock = SkippingClock(ManualClock::at(NOW));
        let value = Secret::new("s3cret");
        let api = |uri: &str, id, version| Api {
            uri: uri.to_owned(),
            id,
            version,
            is_exact: false,
            scopes: vec!["user_impersonation".to_owned()],
        };
        let public = Registration { is_public: true, ..Registration::new(Guid::from_u128(0xa2)) };
        let entra = Entra::start(EntraConfig {
            applications: vec![
                Registration {
                    secrets: vec![ClientSecret { value, expires_at: None }],
                    redirect_uris: vec![CALLBACK.to_owned()],
                    identifier_uri: Some("api://headgate".to_owned()),
                    ..Registration::new(APPLICATION)
                },
                public,
            ],
            users: vec![User {
                id: Guid::from_u128(0xb1),
                name: "ada@headgate.example".to_owned(),
                password: Secret::new("p4ssword"),
                wants: None,
            }],
            apis: vec![
                api(ARM_API, Guid::from_u128(0xa9), TokenVersion::V1),
                api("api://headgate", APPLICATION, TokenVersion::V2),
            ],
            lifetime: Some(3_600),
            clock: Arc::new(clock.clone()),
            ..EntraConfig::default()
        });
        let entra = entra.await.unwrap();
        let machine = Machine {
            issuer: Arc::clone(entra.issuer()),
            clock: Arc::new(clock.clone()),
            identities: vec![Assigned::system(
                0xc1,
                "/subscriptions/1/providers/Microsoft.Compute/virtualMachines/a",
            )],
            resources: entra.resources(),
            lifetime: 3_600,
        };
        let arm = ArmConfig {
            bearers: Bearers::Issuer(Arc::clone(entra.issuer())),
            clock: Arc::new(clock.clone()),
            ..ArmConfig::default()
        };
        Self {
            imds: Imds::start("127.0.0.1:0".parse().unwrap(), machine).await.unwrap(),
            arm: Arm::start(arm).await.unwrap(),
            entra,
            clock,
            store: MemoryKeyValue::new(),
            diagnostics: MemoryDiagnostics::new(),
        }
    }

    fn credentials(&self) -> String {
        let application = format!(
            "tenant = \"{}\"\nclient-id = \"{APPLICATION}\"\nauthority = \"{}\"\n",
            self.entra.tenant(),
            self.entra.base_url(),
        );
        let public =
            application.replace(&APPLICATION.to_string(), &Guid::from_u128(0xa2).to_string());
        let imds = self.imds.base_url();
        format!(
            "[machine]\nkind = \"managed-identity\"\nsource = \"imds\"\nimds-endpoint = \"{imds}\"\n\
             [application]\nkind = \"client-secret\"\n{application}client-secret = \"s3cret\"\n\
             [user]\nkind = \"password\"\n{public}username = \"ada@headgate.example\"\npassword = \"p4ssword\"\n\
             [connector]\nkind = \"authorization-code\"\n{application}client-secret = \"s3cret\"\nredirect-uri = \"{CALLBACK}\"\n\
             [behalf]\nkind = \"on-behalf-of\"\n{application}client-secret = \"s3cret\"\n"
        )
    }

    /// One more instance, whose upstream `arm` is called by this credential.
    pub(crate) async fn function(&self, credential: &str) -> impl Handler + use<> {
        let arm = self.arm.base_url();
        let upstreams = format!(
            "[arm]\npreset = \"azure-resource-manager\"\nurl = \"{arm}\"\ncredential = \"{credential}\"\n"
        );
        let access = if credential == "behalf" { self.policy() } else { "anonymous".to_owned() };
        let variables = FixedVariables::new([
            ("upstreams", upstreams),
            ("credentials", self.credentials()),
            ("access", access),
            ("token_cache_key", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=".to_owned()),
        ]);
        let http = ReqwestClient::new();
        let files = MemoryFiles::none();
        let configuration = Configuration::load(&variables, &files, &http, &OsRandom).await;
        let acting = headgate_entra::Ports::<Peered> {
            http,
            key_value: self.store.clone(),
            clock: self.clock.clone(),
            random: OsRandom,
            files,
            diagnostics: self.diagnostics.clone(),
            environment: FixedEnvironment::default(),
        };
        let public_http = ReqwestClient::for_public_addresses();
        EntraHttp::new(configuration.unwrap(), Ports { acting, public_http })
    }

    fn policy(&self) -> String {
        let metadata = self.entra.issuer().metadata_url("headgate.example", TokenVersion::V2);
        format!(
            "[default.validate-jwt]\nheader-name = \"Authorization\"\nrequire-scheme = \"Bearer\"\n\
             openid-config = [\"{metadata}\"]\naudiences = [\"{APPLICATION}\"]\n"
        )
    }
}

pub(crate) fn get(path: &str, headers: &[(&'static str, &str)]) -> Request<Body> {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

const SUBSCRIPTIONS: &str = "/arm/subscriptions?api-version=2022-12-01";

fn names(answered: &Answered) -> Vec<String> {
    assert_eq!(answered.status, 200, "{}", answered.body);
    let value = answered.json()["value"].as_array().unwrap().clone();
    value.iter().map(|it| it["displayName"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn all_subscriptions_are_listed_through_two_pages() {
    let cloud = Cloud::start().await;
    let function = cloud.function("machine").await;
    let first = Answered::read(&function, get(SUBSCRIPTIONS, &[])).await;
    assert_eq!(names(&first), ["Production", "Test"]);
    assert_eq!(first.header("x-ms-ratelimit-remaining-tenant-reads"), Some("249"));
    let next = first.json()["nextLink"].as_str().unwrap().to_owned();
    let next = next.strip_prefix("../").unwrap();
    let second = Answered::read(&function, get(&format!("/{next}"), &[])).await;
    assert_eq!(names(&second), ["Sandbox"]);
    assert!(second.json().get("nextLink").is_none());
    let prefer = [("prefer", "headgate.all-pages")];
    let whole = Answered::read(&function, get(SUBSCRIPTIONS, &prefer)).await;
    assert_eq!(names(&whole), ["Production", "Test", "Sandbox"]);
    assert_eq!((cloud.arm.troubles().requests(), cloud.imds.troubles().requests()), (4, 1));
}

#[tokio::test]
async fn an_application_and_a_user_are_tokens_of_their_own() {
    let cloud = Cloud::start().await;
    for credential in ["application", "user"] {
        let function = cloud.function(credential).await;
        let answered = Answered::read(&function, get(SUBSCRIPTIONS, &[])).await;
        assert_eq!(names(&answered), ["Production", "Test"], "{credential}");
    }
}

#[tokio::test]
async fn a_refusal_of_the_api_comes_back() {
    let cloud = Cloud::start().await;
    let function = cloud.function("machine").await;
    for (path, status, code) in [
        ("/arm/subscriptions", 400, "MissingApiVersionParameter"),
        ("/arm/subscriptions?api-version=1999-01-01", 400, "InvalidApiVersionParameter"),
        ("/arm/subscriptions/x?api-version=2022-12-01", 404, "SubscriptionNotFound"),
        ("/arm/subscriptions?api-version=2022-12-01&$skiptoken=x", 400, "InvalidSkipToken"),
    ] {
        let answered = Answered::read(&function, get(path, &[])).await;
        assert_eq!(answered.status, status, "{path}");
        assert_eq!(answered.json()["error"]["code"], code);
    }
}

#[tokio::test]
async fn an_api_in_trouble_is_answered_for() {
    let cloud = Cloud::start().await;
    let function = cloud.function("machine").await;
    let troubles = cloud.arm.troubles();
    troubles.next([
        Trouble::Throttle(Some(7)),
        Trouble::Fail(StatusCode::SERVICE_UNAVAILABLE),
        Trouble::Drop,
    ]);
    let throttled = Answered::read(&function, get(SUBSCRIPTIONS, &[])).await;
    assert_eq!((throttled.status.as_u16(), throttled.header("retry-after")), (429, Some("7")));
    assert_eq!(Answered::read(&function, get(SUBSCRIPTIONS, &[])).await.status, 503);
    let dropped = Answered::read(&function, get(SUBSCRIPTIONS, &[])).await;
    assert_eq!((dropped.status.as_u16(), dropped.result()), (502, "UpstreamUnreachable"));
    assert_eq!(Answered::read(&function, get(SUBSCRIPTIONS, &[])).await.status, 200);
}

#[tokio::test]
async fn a_caller_is_acted_for_by_its_own_token() {
    let cloud = Cloud::start().await;
    let function = cloud.function("behalf").await;
    let refused = Answered::read(&function, get(SUBSCRIPTIONS, &[])).await;
    assert_eq!(refused.status, 401);
    let form = format!(
        "grant_type=password&client_id={}&username=ada@headgate.example&password=p4ssword&scope=api://headgate/.default",
        Guid::from_u128(0xa2)
    );
    let url = format!("{}/{}/oauth2/v2.0/token", cloud.entra.base_url(), cloud.entra.tenant());
    let request = Request::post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form))
        .unwrap();
    let timeout = headgate_core::Timeout::each(std::time::Duration::from_secs(10));
    let answer =
        headgate_core::HttpClient::send(&ReqwestClient::new(), request, timeout).await.unwrap();
    let token = answer.into_body().read(100_000).await.unwrap();
    let token: serde_json::Value = serde_json::from_slice(&token).unwrap();
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let answered =
        Answered::read(&function, get(SUBSCRIPTIONS, &[("authorization", &bearer)])).await;
    assert_eq!(names(&answered), ["Production", "Test"]);
}
