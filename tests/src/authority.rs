//! The identity provider of the cases: discovery documents and keys, by path.
//!
//! A case's policy chooses how the provider behaves by the issuer that it names:
//!
//! | issuer | behaves |
//! | --- | --- |
//! | `/oidc` | publishes one key of each kind: `rsa`, `rsa-second`, `p256`, `p384`, `p521`, `ed25519` |
//! | `/other` | another provider, whose only key is `rsa-other` |
//! | `/TENANT/v2.0` and `/TENANT` | Entra v2 and v1 of one tenant (contracts §5.1) |
//! | `/organizations/v2.0` | Entra v2 for all tenants; `rsa-consumers` may sign for one tenant alone |
//! | `/weak` | publishes `weak`, an RSA key of 1024 bits, besides `rsa` |
//! | `/encryption` | publishes `rsa` for encryption alone |
//! | `/single-algorithm` | publishes `rsa` for RS512 alone |
//! | `/empty` | publishes no key |
//! | `/impostor` | its discovery document names another issuer |
//! | `/down` | answers 503 |
//! | `/nowhere` | answers 404 |
//! | `/garbage` | answers text that is not JSON |
//! | `/huge` | publishes a key set of one megabyte |
//! | `/redirect` | answers 302 to the documents of `/oidc` |

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use headgate_fakes::{Answer, ReplayHttp};
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::forge::key;

/// The tenant of the cases.
pub const TENANT: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";
/// Entra's tenant for consumers.
pub const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

const DISCOVERY: &str = "/.well-known/openid-configuration";

/// Everything that the provider at `base` publishes: answers by path.
#[must_use]
pub fn documents(base: &str) -> BTreeMap<String, Response<Bytes>> {
    let mut documents = BTreeMap::new();
    let mut publish = |path: &str, keys: Vec<Value>| {
        let issuer = format!("{base}{path}");
        let jwks = format!("{path}/keys");
        let discovery = json!({ "issuer": issuer, "jwks_uri": format!("{base}{jwks}") });
        documents.insert(format!("{path}{DISCOVERY}"), answer(&discovery));
        documents.insert(jwks, answer(&json!({ "keys": keys })));
    };
    let every_kind = ["rsa", "rsa-second", "p256", "p384", "p521", "ed25519"];
    publish("/oidc", every_kind.map(published).to_vec());
    publish("/other", vec![published("rsa-other")]);
    publish("/weak", vec![published("rsa"), published("weak")]);
    publish("/encryption", vec![with(published("rsa"), "use", "enc")]);
    publish("/single-algorithm", vec![with(published("rsa"), "alg", "RS512")]);
    publish("/empty", Vec::new());
    let padding = "x".repeat(1024 * 1024);
    publish("/huge", vec![with(published("rsa"), "padding", &padding)]);
    entra(base, &mut documents);
    misbehaving(base, &mut documents);
    documents
}

/// Entra's documents for one tenant, in both versions, and for all of them.
fn entra(base: &str, documents: &mut BTreeMap<String, Response<Bytes>>) {
    let tenants = format!("{base}/{{tenantid}}/v2.0");
    let any_tenant = with(published("rsa"), "issuer", &tenants);
    let consumers = with(published("rsa-consumers"), "issuer", &format!("{base}/{CONSUMERS}/v2.0"));
    let keys = answer(&json!({ "keys": [any_tenant, consumers] }));
    for (tenant, issuer) in [
        (TENANT, format!("{base}/{TENANT}/v2.0")),
        ("organizations", tenants.clone()),
        ("common", tenants.clone()),
    ] {
        let jwks = format!("/{tenant}/discovery/v2.0/keys");
        let discovery = json!({ "issuer": issuer, "jwks_uri": format!("{base}{jwks}") });
        documents.insert(format!("/{tenant}/v2.0{DISCOVERY}"), answer(&discovery));
        documents.insert(jwks, keys.clone());
    }
    let jwks = format!("/{TENANT}/discovery/keys");
    let issuer = format!("{base}/sts/{TENANT}/");
    let discovery = json!({ "issuer": issuer, "jwks_uri": format!("{base}{jwks}") });
    documents.insert(format!("/{TENANT}{DISCOVERY}"), answer(&discovery));
    documents.insert(jwks, answer(&json!({ "keys": [published("rsa")] })));
}

fn misbehaving(base: &str, documents: &mut BTreeMap<String, Response<Bytes>>) {
    let impostor =
        json!({ "issuer": format!("{base}/oidc"), "jwks_uri": format!("{base}/impostor/keys") });
    documents.insert(format!("/impostor{DISCOVERY}"), answer(&impostor));
    let keys = answer(&json!({ "keys": [with(published("rsa-other"), "kid", "rsa")] }));
    documents.insert("/impostor/keys".to_owned(), keys);
    let mut down = Response::new(Bytes::from_static(b"down for maintenance"));
    *down.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    documents.insert(format!("/down{DISCOVERY}"), down);
    documents.insert(format!("/nowhere{DISCOVERY}"), not_found());
    let garbage = Response::new(Bytes::from_static(b"<html>Welcome to the captive portal</html>"));
    documents.insert(format!("/garbage{DISCOVERY}"), garbage);
    let mut redirect = Response::new(Bytes::new());
    *redirect.status_mut() = StatusCode::FOUND;
    let location = HeaderValue::try_from(format!("{base}/oidc{DISCOVERY}")).unwrap();
    redirect.headers_mut().insert(LOCATION, location);
    documents.insert(format!("/redirect{DISCOVERY}"), redirect);
}

fn published(name: &str) -> Value {
    with(key(name).jwk(), "kid", name)
}

fn with(mut jwk: Value, member: &str, value: &str) -> Value {
    jwk[member] = json!(value);
    jwk
}

fn answer(document: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(document.to_string()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The provider at `base` as an `HttpClient`, which refuses every request to anything else.
#[must_use]
pub fn replayed(base: &str) -> ReplayHttp {
    let http = ReplayHttp::new();
    for (path, document) in documents(base) {
        let mut answer = Answer::response(document.status(), document.body().clone());
        for (name, value) in document.headers() {
            answer = answer.with_header(name.clone(), value.clone());
        }
        http.get(&format!("{base}{path}")).any_number_of_times(answer);
    }
    http
}

/// Serves the provider on a loopback port until the runtime ends, and gives its address.
pub async fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let documents = Arc::new(documents(&format!("http://{address}")));
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { return };
            let documents = Arc::clone(&documents);
            let service = service_fn(move |request: Request<Incoming>| {
                let known = documents.get(request.uri().path()).cloned();
                async move { Ok::<_, Infallible>(known.unwrap_or_else(not_found).map(Full::new)) }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}

fn not_found() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
