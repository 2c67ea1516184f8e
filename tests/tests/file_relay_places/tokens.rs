//! Azurite over TLS, with tokens of a managed identity. Azurite looks at a token's audience, times and issuer; nobody signs it here.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use headgate_core::{Body, Clock, HttpClient, HttpError, Timeout};
use headgate_file_relay::file_path::FilePath;
use headgate_file_relay::place::azure_blob::{
    AzureBlob, AzureBlobAccess, AzureBlobSettings, ContainerName,
};
use headgate_file_relay::place::{Conflict, PlaceError, Storage};
use headgate_native::SystemClock;
use headgate_tests::host::RUNTIME;
use headgate_tests::peer::Azurite;
use http::header::HOST;
use http::{HeaderValue, Request, Response, Uri};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};
use url::Url;

use crate::content::content;
use crate::scenes::{carry, fetch, path};
use crate::world::{Native, reach_with};

const CREDENTIALS: &str = "[files]\nkind = \"managed-identity\"\nsource = \"imds\"\n";

/// A client that trusts one certificate, and is itself the metadata service of the machine.
#[derive(Clone)]
struct Trusting {
    tls: Arc<ClientConfig>,
    /// Whom its tokens are for.
    audience: &'static str,
}

impl Trusting {
    /// A token as Entra's v1 endpoint writes one.
    fn token(&self, request: &Request<Body>) -> Response<Body> {
        let query = request.uri().query().unwrap_or_default();
        assert!(query.contains("resource=https%3A%2F%2Fstorage.azure.com"), "{query}");
        let now = SystemClock.now();
        let until = now.plus(Duration::from_secs(3_600));
        let tenant = "4a7c9e13-8b26-4f0d-a5e1-7d3b6c9f2e58";
        let claims = json!({
            "aud": self.audience,
            "iss": format!("https://sts.windows.net/{tenant}/"),
            "iat": now.as_secs(),
            "nbf": now.as_secs(),
            "exp": until.as_secs(),
            "tid": tenant,
            "ver": "1.0",
        });
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let token = format!(
            "{}.{}.c2lnbmF0dXJl",
            part(json!({ "alg": "RS256", "typ": "JWT" })),
            part(claims)
        );
        let answer = json!({
            "access_token": token,
            "expires_in": "3600",
            "expires_on": until.as_secs().to_string(),
            "resource": "https://storage.azure.com",
            "token_type": "Bearer",
        });
        Response::new(Body::from(answer.to_string()))
    }
}

impl HttpClient for Trusting {
    async fn send(&self, request: Request<Body>, _: Timeout) -> Result<Response<Body>, HttpError> {
        if request.uri().host() == Some("169.254.169.254") {
            return Ok(self.token(&request));
        }
        let broken = |error: &dyn std::fmt::Display| HttpError::Protocol(error.to_string());
        let authority = request.uri().authority().unwrap().to_string();
        let stream = TcpStream::connect(&authority).await.map_err(|error| broken(&error))?;
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let stream = connector.connect(name, stream).await.map_err(|error| broken(&error))?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| broken(&error))?;
        tokio::spawn(connection);
        let (mut head, body) = request.into_parts();
        head.headers.insert(HOST, HeaderValue::try_from(authority).unwrap());
        head.uri = Uri::try_from(head.uri.path_and_query().unwrap().as_str()).unwrap();
        let response = sender.send_request(Request::from_parts(head, body)).await;
        Ok(response.map_err(|error| broken(&error))?.map(Body::stream))
    }
}

/// Azurite with a container, and a client that trusts it.
fn start() -> (Azurite, Arc<ClientConfig>) {
    let certified = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let azurite =
        Azurite::start_with_tls(&certified.cert.pem(), &certified.signing_key.serialize_pem())
            .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certified.cert.der().clone()).unwrap();
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (azurite, Arc::new(tls))
}

async fn place(
    azurite: &Azurite,
    tls: &Arc<ClientConfig>,
    audience: &'static str,
) -> AzureBlob<Native<Trusting>> {
    let client = Trusting { tls: Arc::clone(tls), audience };
    let timeout = Timeout::each(Duration::from_secs(60));
    let request = azurite.container_request("files").map(Body::from);
    let made = client.send(request, timeout).await.unwrap().status();
    assert!(made == 201 || made == 409, "{made}");
    let settings = AzureBlobSettings {
        account: Url::parse(&azurite.account_url()).unwrap(),
        container: ContainerName::parse("files").unwrap(),
        root: FilePath::default(),
        private_network: true,
        access: AzureBlobAccess::Credential("files".to_owned()),
        checksums: true,
    };
    AzureBlob::new(settings, reach_with(client, CREDENTIALS).await)
}

#[test]
fn a_token_of_a_credential_opens_a_container() {
    let (azurite, tls) = start();
    RUNTIME.block_on(async {
        let content = content(10_000);
        let open = place(&azurite, &tls, "https://storage.azure.com").await;
        carry(&open, "t1", "a b/ü.txt", &content, Conflict::Fail).await.unwrap();
        assert_eq!(fetch(&open, "a b/ü.txt").await, content);
        let listing = open.list(&FilePath::default(), None).await.unwrap();
        assert_eq!(listing.files, [path("a b/ü.txt")]);
        open.delete(&path("a b/ü.txt"), None).await.unwrap();
        let closed = place(&azurite, &tls, "https://management.azure.com").await;
        let refused = closed.stat(&path("a.txt")).await;
        assert!(matches!(refused, Err(PlaceError::Denied { .. })), "{refused:?}");
    });
}
