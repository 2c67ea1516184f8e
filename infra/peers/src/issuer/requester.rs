use std::time::Duration;

use bytes::Bytes;
use headgate_core::Secret;
use http::header::{CONTENT_TYPE, HOST};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use tokio::net::TcpStream;
use url::Url;

use super::handler::DEVELOPMENT_HEADER;
use super::{
    Algorithm, DEFAULT_AUDIENCE, DEFAULT_CLIENT_ID, DEFAULT_TENANT, ListenError, TokenVersion,
    loopback_address,
};

/// How long the issuer may take in all.
const DEADLINE: Duration = Duration::from_secs(10);

/// The longest answer that is read, in bytes.
const MOST_ANSWER: usize = 1024 * 1024;

/// What to ask a running issuer for.
///
/// The members from `audience` on are the developer's: no real issuer lets its caller say them.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// The issuer's address, as `http://127.0.0.1:3001`.
    pub issuer_url: String,
    /// The tenant, by id or domain.
    pub tenant: String,
    /// The client's id.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: Secret,
    /// The application ID URI or client id of the API.
    pub resource: String,
    /// What `aud` is to say.
    pub audience: Option<String>,
    /// What `roles` is to say.
    pub roles: Vec<String>,
    /// What `scp` is to say.
    pub scopes: Vec<String>,
    /// What `azp` or `appid` is to say.
    pub client: Option<String>,
    /// What `sub` and `oid` are to say.
    pub subject: Option<String>,
    /// The token's version.
    pub version: Option<TokenVersion>,
    /// Seconds until it expires; negative for one that has expired.
    pub expires_in: Option<i64>,
    /// What it is signed with.
    pub algorithm: Option<Algorithm>,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The issuer's address is not `http://` on loopback, where alone a development secret may go.
    #[error("issuer address is not http://HOST:PORT: give the one that the issuer printed")]
    Address,
    /// As above.
    #[error(transparent)]
    NotLoopback(#[from] ListenError),
    /// Nothing answers there.
    #[error("no issuer answers at {0}: start it with `headgate-issuer serve`")]
    Unreachable(String),
    /// What answers there is not an issuer.
    #[error("what answers at {0} is not a headgate-issuer")]
    NotAnIssuer(String),
    /// The issuer refused.
    #[error("issuer refused with {status}: {description}")]
    Refused {
        /// The status.
        status: StatusCode,
        /// The first line of its `error_description`.
        description: String,
    },
}

impl TokenRequest {
    /// Makes the request of the default client for the default API, in the default tenant.
    #[must_use]
    pub fn new(issuer_url: impl Into<String>, client_secret: Secret) -> Self {
        Self {
            issuer_url: issuer_url.into(),
            tenant: DEFAULT_TENANT.to_owned(),
            client_id: DEFAULT_CLIENT_ID.to_owned(),
            client_secret,
            resource: DEFAULT_AUDIENCE.to_owned(),
            audience: None,
            roles: Vec::new(),
            scopes: Vec::new(),
            client: None,
            subject: None,
            version: None,
            expires_in: None,
            algorithm: None,
        }
    }

    fn form(&self) -> String {
        let joined = |words: &[String]| (!words.is_empty()).then(|| words.join(" "));
        let version = |version: TokenVersion| match version {
            TokenVersion::V1 => "1".to_owned(),
            TokenVersion::V2 => "2".to_owned(),
        };
        let fields = [
            ("grant_type", Some("client_credentials".to_owned())),
            ("client_id", Some(self.client_id.clone())),
            ("client_secret", Some(self.client_secret.expose().to_owned())),
            ("scope", Some(format!("{}/.default", self.resource))),
            ("dev_audience", self.audience.clone()),
            ("dev_roles", joined(&self.roles)),
            ("dev_scopes", joined(&self.scopes)),
            ("dev_client", self.client.clone()),
            ("dev_subject", self.subject.clone()),
            ("dev_version", self.version.map(version)),
            ("dev_expires_in", self.expires_in.map(|seconds| seconds.to_string())),
            ("dev_algorithm", self.algorithm.map(|algorithm| algorithm.to_string())),
        ];
        fields
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .map(|(name, value)| {
                format!("{name}={}", utf8_percent_encode(&value, NON_ALPHANUMERIC))
            })
            .collect::<Vec<_>>()
            .join("&")
    }
}

#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    error_description: Option<String>,
}

/// Asks a running issuer for a token over HTTP, by the client-credentials grant at its v2 endpoint.
///
/// # Errors
///
/// [`RequestError`], after ten seconds at the latest.
pub async fn request_token(request: &TokenRequest) -> Result<String, RequestError> {
    let url = Url::parse(&request.issuer_url).map_err(|_| RequestError::Address)?;
    let (Some(host), "http") = (url.host_str(), url.scheme()) else {
        return Err(RequestError::Address);
    };
    let authority = format!("{host}:{}", url.port().unwrap_or(80));
    let address = loopback_address(&authority)?;
    let unreachable = || RequestError::Unreachable(authority.clone());
    let tenant = utf8_percent_encode(&request.tenant, NON_ALPHANUMERIC).to_string();
    let call = Request::post(format!(
        "/{}/oauth2/v2.0/token",
        tenant.replace("%2D", "-").replace("%2E", ".")
    ))
    .header(HOST, &authority)
    .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
    .header(DEVELOPMENT_HEADER, "1")
    .body(Full::<Bytes>::from(request.form()))
    .map_err(|_| RequestError::Address)?;

    let exchange = async {
        let stream = TcpStream::connect(address).await.map_err(|_| unreachable())?;
        let not_an_issuer = || RequestError::NotAnIssuer(authority.clone());
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|_| not_an_issuer())?;
        let answer = async {
            let response = sender.send_request(call).await.map_err(|_| not_an_issuer())?;
            let status = response.status();
            let body = Limited::new(response.into_body(), MOST_ANSWER).collect().await;
            let body = body.map_err(|_| not_an_issuer())?.to_bytes();
            read_answer(status, &body).ok_or_else(not_an_issuer)?
        };
        tokio::pin!(connection, answer);
        tokio::select! {
            biased;
            answer = &mut answer => answer,
            _ = &mut connection => answer.await,
        }
    };
    tokio::time::timeout(DEADLINE, exchange).await.unwrap_or_else(|_| Err(unreachable()))
}

fn read_answer(status: StatusCode, body: &[u8]) -> Option<Result<String, RequestError>> {
    let answer: Answer = serde_json::from_slice(body).ok()?;
    match (answer.access_token, answer.error_description) {
        (Some(token), _) if status == StatusCode::OK => Some(Ok(token)),
        (_, Some(description)) => {
            let description = description.lines().next().unwrap_or_default().to_owned();
            Some(Err(RequestError::Refused { status, description }))
        }
        _ => None,
    }
}
