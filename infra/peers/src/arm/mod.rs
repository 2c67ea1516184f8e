//! Azure Resource Manager, as far as listing subscriptions goes (contracts, Power Platform §8).

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use headgate_core::Clock;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderName, Method, StatusCode};
use serde_json::{Value, json};

use crate::bearer::Bearers;
use crate::issuer::{Guid, SystemClock};
use crate::peer::{Asked, Peer, Reply, Serving};

/// What an [`Arm`] is made of. The default has three subscriptions, two on a page.
pub struct ArmConfig {
    /// Where to listen: loopback alone.
    pub listen: SocketAddr,
    /// Whose tokens are taken.
    pub bearers: Bearers,
    /// The audiences of these tokens, exactly.
    pub audiences: Vec<String>,
    /// The names of the subscriptions.
    pub subscriptions: Vec<String>,
    /// How many of them are on a page.
    pub page: usize,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Default for ArmConfig {
    fn default() -> Self {
        let audiences = ["https://management.azure.com/", "https://management.core.windows.net/"];
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            bearers: Bearers::Keys(Vec::new()),
            audiences: audiences.map(str::to_owned).to_vec(),
            subscriptions: ["Production", "Test", "Sandbox"].map(str::to_owned).to_vec(),
            page: 2,
            clock: Arc::new(SystemClock),
        }
    }
}

impl std::fmt::Debug for ArmConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ArmConfig")
            .field("listen", &self.listen)
            .field("subscriptions", &self.subscriptions)
            .finish_non_exhaustive()
    }
}

/// Lists subscriptions, page by page, with absolute links from one to the next.
///
/// It refuses a request without a token or with one for another audience, one without `api-version` or with one that it does not
/// know, a path with two slashes, and a link that it did not make.
#[derive(Debug)]
pub struct Arm {
    config: ArmConfig,
    base_url: String,
}

const VERSIONS: [&str; 3] = ["2022-12-01", "2020-01-01", "2016-06-01"];
const SKIP: &str = "$skiptoken";

impl Arm {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// As [`Serving::start`].
    pub async fn start(config: ArmConfig) -> std::io::Result<Serving> {
        let listen = config.listen;
        let make = |base_url: &str| Arc::new(Self { config, base_url: base_url.to_owned() });
        Serving::start(listen, None, make).await.map(|(serving, _)| serving)
    }

    fn subscription(&self, name: &str) -> Value {
        let id = Guid::derived_from(name);
        json!({
            "id": format!("/subscriptions/{id}"),
            "authorizationSource": "RoleBased",
            "managedByTenants": [],
            "subscriptionId": id.to_string(),
            "tenantId": Guid::derived_from("tenant of the subscriptions").to_string(),
            "displayName": name,
            "state": "Enabled",
            "subscriptionPolicies": {
                "locationPlacementId": "Public_2014-09-01",
                "quotaId": "PayAsYouGo_2014-09-01",
                "spendingLimit": "Off",
            },
        })
    }

    fn page(&self, version: &str, skip: Option<&str>) -> Reply {
        let names = &self.config.subscriptions;
        let start = match skip {
            None => 0,
            Some(token) => {
                let found = token.strip_prefix("after-").and_then(|text| text.parse().ok());
                match found.filter(|start: &usize| (1..names.len()).contains(start)) {
                    Some(start) => start,
                    None => return refusal(400, "InvalidSkipToken", "The skip token is invalid."),
                }
            }
        };
        let end = (start + self.config.page.max(1)).min(names.len());
        let page = names.get(start..end).unwrap_or_default();
        let value: Vec<Value> = page.iter().map(|name| self.subscription(name)).collect();
        let mut body =
            json!({ "value": value, "count": { "type": "Total", "value": value.len() } });
        if let (true, Value::Object(members)) = (end < names.len(), &mut body) {
            let base = &self.base_url;
            let link =
                format!("{base}/subscriptions?api-version={version}&%24skiptoken=after-{end}");
            members.insert("nextLink".to_owned(), link.into());
        }
        Reply::json(StatusCode::OK, &body)
    }

    fn served(&self, asked: &Asked) -> Reply {
        let query = asked.query();
        let get = |name: &str| {
            query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
        };
        if !asked.headers.contains_key("authorization") {
            let message = "Authentication failed. The 'Authorization' header is missing.";
            return challenged("AuthenticationFailed", message);
        }
        let now = self.config.clock.now();
        let bearers = &self.config.bearers;
        if !self.config.audiences.iter().any(|audience| bearers.admit(asked, audience, now)) {
            let message = "The access token has been obtained for the wrong audience, has expired or is not signed by the tenant.";
            return challenged("InvalidAuthenticationToken", message);
        }
        let Some(version) = get("api-version") else {
            let message =
                "The api-version query parameter (?api-version=) is required for all requests.";
            return refusal(400, "MissingApiVersionParameter", message);
        };
        if !VERSIONS.contains(&version) {
            let message = "The api-version is not supported for the resource type 'subscriptions'.";
            return refusal(400, "InvalidApiVersionParameter", message);
        }
        let path = asked.uri.path();
        let one = path.strip_prefix("/subscriptions/");
        if asked.method != Method::GET {
            let message = "The requested resource does not support this http method.";
            return refusal(405, "UnsupportedHttpVerb", message);
        }
        if path == "/subscriptions" {
            return self.page(version, get(SKIP));
        }
        let mut names = self.config.subscriptions.iter();
        match names.find(|name| one == Some(Guid::derived_from(name).to_string().as_str())) {
            Some(name) => Reply::json(StatusCode::OK, &self.subscription(name)),
            None if one.is_some_and(|id| !id.contains('/')) => {
                refusal(404, "SubscriptionNotFound", "The subscription could not be found.")
            }
            None => refusal(404, "InvalidResourceType", "The resource type could not be found."),
        }
    }
}

impl Peer for Arm {
    fn is_watched(&self, _: &Asked) -> bool {
        true
    }

    fn answer(&self, asked: &Asked) -> Reply {
        let limits = HeaderName::from_static("x-ms-ratelimit-remaining-tenant-reads");
        let id = HeaderName::from_static("x-ms-request-id");
        let request = Guid::derived_from(&asked.uri.to_string()).to_string();
        self.served(asked).with(limits, "249").with(id, &request)
    }
}

fn refusal(status: u16, code: &str, message: &str) -> Reply {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    Reply::json(status, &json!({ "error": { "code": code, "message": message } }))
}

fn challenged(code: &str, message: &str) -> Reply {
    let challenge =
        "Bearer authorization_uri=\"https://login.windows.net/\", error=\"invalid_token\"";
    refusal(401, code, message).with(WWW_AUTHENTICATE, challenge)
}
