use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use headgate_core::{Body, HttpClient, HttpError, Timeout};
use headgate_tests::wire;
use http::Request;
use http::uri::Port;
use percent_encoding::percent_decode_str;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// A request as it was made.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// The address without the query.
    pub(crate) address: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) form: BTreeMap<String, String>,
    pub(crate) headers: BTreeMap<String, String>,
}

/// A client that trusts the test's authority, and keeps what it was asked to send.
#[derive(Clone)]
pub(crate) struct RecordingClient {
    connector: TlsConnector,
    kept: Arc<Mutex<Vec<Asked>>>,
}

impl RecordingClient {
    pub(crate) fn trusting(authority: &str) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { connector: TlsConnector::from(Arc::new(config)), kept: Arc::default() }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.kept.lock().unwrap().clone()
    }
}

impl HttpClient for RecordingClient {
    async fn send(
        &self,
        request: Request<Body>,
        _: Timeout,
    ) -> Result<http::Response<Body>, HttpError> {
        let failed = |error: String| HttpError::Unreachable(error);
        let (mut parts, body) = request.into_parts();
        let body = body.read(1_000_000).await.map_err(HttpError::RequestBody)?;
        let text = |text: &str| {
            percent_decode_str(&text.replace('+', " ")).decode_utf8().unwrap().into_owned()
        };
        let pairs = |encoded: &str| -> BTreeMap<String, String> {
            let pairs = encoded.split('&').filter_map(|pair| pair.split_once('='));
            pairs.map(|(name, value)| (text(name), text(value))).collect()
        };
        let uri = parts.uri.clone();
        let (scheme, host) = (uri.scheme_str().unwrap(), uri.host().unwrap());
        let port = uri.port().as_ref().map_or(443, Port::as_u16);
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
        self.kept.lock().unwrap().push(Asked {
            method: parts.method.to_string(),
            address: format!("{scheme}://{}{}", uri.authority().unwrap(), uri.path()),
            query: pairs(uri.query().unwrap_or_default()),
            form: pairs(std::str::from_utf8(&body).unwrap()),
            headers: parts.headers.iter().map(header).collect(),
        });
        parts.uri = uri.path_and_query().unwrap().as_str().parse().unwrap();
        let request = Request::from_parts(parts, body);
        let name = format!("{host}:{port}");
        let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await;
        let stream = stream.map_err(|error| failed(error.to_string()))?;
        let answer = if scheme == "https" {
            let host = ServerName::try_from(host.to_owned()).unwrap();
            let stream = self.connector.connect(host, stream).await;
            let stream = stream.map_err(|error| failed(error.to_string()))?;
            wire::send_over(stream, &name, request).await
        } else {
            wire::send_over(stream, &name, request).await
        };
        answer.map(|answer| answer.map(Body::from)).map_err(HttpError::Protocol)
    }
}
