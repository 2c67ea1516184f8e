use std::sync::Arc;

use headgate_core::Timestamp;
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::client::Presented;
use super::config::EntraConfig;
use super::documents::{instance, metadata, realm};
use super::grants::{Request, Tenant};
use super::refused::{Judged, Refused, refuse};
use super::state::State;
use crate::issuer::form::Form;
use crate::issuer::{
    DEFAULT_TENANT, DEFAULT_TENANT_DOMAIN, Guid, Issuer, IssuerConfig, Running, StartError,
    SystemRandom, TokenVersion,
};
use crate::peer::{Asked, Peer, Reply, Serving};

/// The endpoints as a function of a request.
#[derive(Debug)]
pub struct Entra {
    pub(super) config: EntraConfig,
    pub(super) issuer: Arc<Running>,
    pub(super) state: State,
    pub(super) base_url: String,
}

/// A running [`Entra`]. It stops when this is dropped.
#[derive(Debug)]
pub struct EntraRunning {
    serving: Serving,
    entra: Arc<Entra>,
}

impl Entra {
    /// Starts it with an issuer of its own, on the tokio runtime that this is called on.
    ///
    /// # Errors
    ///
    /// [`StartError`] of either.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use headgate_peers::entra::{Entra, EntraConfig};
    ///
    /// let entra = Entra::start(EntraConfig::default()).await?;
    /// assert!(entra.base_url().starts_with("http://127.0.0.1:"));
    /// assert_eq!(entra.troubles().requests(), 0);
    /// entra.stop().await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start(config: EntraConfig) -> Result<EntraRunning, StartError> {
        let clock = Arc::clone(&config.clock);
        let issuer = Issuer::start(IssuerConfig { clock, ..IssuerConfig::default() }).await?;
        Self::serve(config, issuer).await
    }

    /// Serves what `config` registers, with tokens that `issuer` signs.
    pub(super) async fn serve(
        config: EntraConfig,
        issuer: Running,
    ) -> Result<EntraRunning, StartError> {
        let (listen, tls) = (config.listen, config.tls.clone());
        let make = |base_url: &str| {
            let (issuer, base_url) = (Arc::new(issuer), base_url.to_owned());
            Arc::new(Self { config, issuer, state: State::default(), base_url })
        };
        let started = Serving::start(listen, tls, make).await;
        let (serving, entra) =
            started.map_err(|source| StartError::Bind { address: listen, source })?;
        Ok(EntraRunning { serving, entra })
    }

    fn token(&self, tenant: &str, endpoint: TokenVersion, asked: &Asked) -> Judged<Value> {
        if asked.method != Method::POST {
            let text = format!(
                "The endpoint only accepts POST requests. Received a {} request.",
                asked.method
            );
            return refuse(900_561, text);
        }
        let found = tenant_of(tenant)?;
        let essence = asked.header(CONTENT_TYPE.as_str()).unwrap_or_default().split(';').next();
        let is_form = essence.is_some_and(|essence| {
            essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
        });
        // A body of another type is not looked into, so it lacks its first parameter.
        let form = if is_form { Form::parse(&asked.body)? } else { Form::default() };
        form.require("grant_type")?;
        let now = self.config.clock.now();
        let audiences = self.audiences(tenant);
        let presented = Presented {
            form: &form,
            authorization: asked.header(AUTHORIZATION.as_str()),
            audiences: &audiences,
            now,
        };
        let application = presented.judge(&self.config)?;
        let request = Request {
            config: &self.config,
            state: &self.state,
            issuer: &self.issuer,
            application,
            form: &form,
            endpoint,
            tenant: found,
            now,
        };
        request.grant()
    }

    /// What an assertion may be for: either token endpoint, of the tenant as the path names it or by its id.
    fn audiences(&self, tenant: &str) -> Vec<String> {
        let of = |tenant: &str| {
            ["oauth2/v2.0/token", "oauth2/token"]
                .map(|path| format!("{}/{tenant}/{path}", self.base_url))
        };
        [of(tenant), of(DEFAULT_TENANT)].concat()
    }

    fn refusal(&self, refusal: &Refused, asked: &Asked) -> Reply {
        let correlation = asked.header("client-request-id").and_then(|id| id.parse().ok());
        let correlation = correlation.unwrap_or_else(|| Guid::random(&SystemRandom)).to_string();
        let now: Timestamp = self.config.clock.now();
        let trace = Guid::random(&SystemRandom);
        refusal.reply(now, trace, &correlation)
    }

    fn document(&self, tenant: &str, is_v2: bool, asked: &Asked) -> Reply {
        match tenant_of(tenant) {
            Ok(_) => {
                let body = metadata(&self.base_url, self.issuer.base_url(), tenant, is_v2);
                Reply::json(StatusCode::OK, &body)
            }
            Err(refusal) => self.refusal(&refusal, asked),
        }
    }
}

impl Peer for Entra {
    /// Token requests.
    fn is_watched(&self, asked: &Asked) -> bool {
        asked.uri.path().ends_with("/token")
    }

    fn answer(&self, asked: &Asked) -> Reply {
        use TokenVersion::{V1, V2};
        let path = asked.uri.path().to_owned();
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let token = |tenant: &str, version| match self.token(tenant, version, asked) {
            Ok(body) => Reply::json(StatusCode::OK, &body),
            Err(refusal) => self.refusal(&refusal, asked),
        };
        match segments.as_slice() {
            [tenant, "oauth2", "v2.0", "token"] => token(tenant, V2),
            [tenant, "oauth2", "token"] => token(tenant, V1),
            [tenant, "oauth2", "v2.0", "authorize"] => match self.authorize(tenant, asked) {
                Ok(back) => Reply::empty(StatusCode::FOUND).with(LOCATION, &back),
                Err(refusal) => self.refusal(&refusal, asked),
            },
            ["common", "discovery", "instance"] => {
                Reply::json(StatusCode::OK, &instance(&self.base_url, DEFAULT_TENANT))
            }
            ["common", "userrealm", user] => Reply::json(StatusCode::OK, &realm(user)),
            [tenant, "v2.0", ".well-known", "openid-configuration"] => {
                self.document(tenant, true, asked)
            }
            [tenant, ".well-known", "openid-configuration"] => self.document(tenant, false, asked),
            ["healthz"] => Reply::json(StatusCode::OK, &json!({ "status": "ok" })),
            _ => Reply::empty(StatusCode::NOT_FOUND),
        }
    }
}

pub(super) fn tenant_of(segment: &str) -> Judged<Tenant> {
    let id = segment.parse::<Guid>().ok();
    let own = DEFAULT_TENANT.parse::<Guid>().ok();
    match (segment, own) {
        ("common", _) => Ok(Tenant::Common),
        ("organizations", _) => Ok(Tenant::Organizations),
        ("consumers", _) => Ok(Tenant::Consumers),
        (_, Some(own))
            if id == Some(own) || segment.eq_ignore_ascii_case(DEFAULT_TENANT_DOMAIN) =>
        {
            Ok(Tenant::Own(own))
        }
        _ => refuse(
            90_002,
            format!(
                "Tenant '{segment}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
            ),
        ),
    }
}

impl EntraRunning {
    /// `http://127.0.0.1:PORT` or, with TLS, `https://localhost:PORT`: the authority, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.serving.base_url()
    }

    /// Its tenant's id.
    #[must_use]
    pub const fn tenant(&self) -> &'static str {
        DEFAULT_TENANT
    }

    /// The levers of the token endpoints: counts, and trouble.
    #[must_use]
    pub fn troubles(&self) -> &crate::peer::Troubles {
        self.serving.troubles()
    }

    /// The issuer that signs: its metadata verify the tokens, and it mints others.
    #[must_use]
    pub fn issuer(&self) -> &Arc<Running> {
        &self.entra.issuer
    }

    pub(super) fn apis(&self) -> &[super::config::Api] {
        &self.entra.config.apis
    }

    /// Withdraws every refresh token, as a password change does.
    pub fn revoke_refresh_tokens(&self) {
        self.entra.state.revoke();
    }

    /// Stops: the port is free again when this returns.
    pub async fn stop(self) {
        self.serving.stop().await;
    }
}
