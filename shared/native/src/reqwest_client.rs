use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use headgate_core::{Body, BodyError, HttpClient, HttpError, Timeout};
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Method, Request, Response, Uri};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use crate::connect_phase::{ConnectDeadline, in_phases};
use crate::outbound_proxy::proxies;
use crate::patient_body::PatientBody;
use crate::public_addresses::{AddressNotPublic, PublicAddresses};

/// reqwest with TLS by rustls and aws-lc-rs, HTTP/1.1, and one pool of connections for all clones.
///
/// It is made at the first call, so a function that calls nobody does not pay for it. Certificates are checked against
/// the operating system's roots (`SSL_CERT_FILE` and `SSL_CERT_DIR` change them). `HTTPS_PROXY`, `http_proxy`, `ALL_PROXY`
/// and `NO_PROXY` are followed, but never for this machine itself and what is on its own link.
#[derive(Clone, Debug, Default)]
pub struct ReqwestClient(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    client: OnceLock<Result<Client, String>>,
    /// Whether names that lead to private addresses are refused.
    public_only: bool,
}

/// How many idle connections are kept for one host.
const IDLE_PER_HOST: usize = 32;

impl ReqwestClient {
    /// Makes a client that has done nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a client that calls no host whose name leads to an address of this machine, of a private network or of the
    /// platform; `localhost` by that name, and addresses that are written as such, are not names that lead anywhere.
    ///
    /// Where a proxy is configured, the proxy resolves the names.
    #[must_use]
    pub fn for_public_addresses() -> Self {
        Self(Arc::new(Inner { client: OnceLock::new(), public_only: true }))
    }

    fn client(&self) -> Result<&Client, HttpError> {
        let client = self.0.client.get_or_init(|| build(self.0.public_only)).as_ref();
        client.map_err(|reason| HttpError::Unreachable(reason.clone()))
    }
}

#[expect(clippy::disallowed_methods, reason = "proxies are named by variables of the system")]
fn build(public_only: bool) -> Result<Client, String> {
    let variable = |name: &str| std::env::var(name).ok();
    let proxies = proxies(variable)
        .map_err(|name| format!("variable {name} is not the address of a proxy"))?;
    let builder = Client::builder()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .pool_max_idle_per_host(IDLE_PER_HOST)
        .connector_layer(ConnectDeadline);
    let builder = match public_only {
        true => builder.dns_resolver(PublicAddresses::new(variable)),
        false => builder,
    };
    let builder = proxies.into_iter().fold(builder, reqwest::ClientBuilder::proxy);
    builder.build().map_err(|error| cause(&error))
}

impl HttpClient for ReqwestClient {
    async fn send(
        &self,
        request: Request<Body>,
        timeout: Timeout,
    ) -> Result<Response<Body>, HttpError> {
        let client = self.client()?;
        let request = express(request)?;
        let response = in_phases(client.execute(request), timeout.connect, timeout.first_byte)
            .await
            .ok_or(HttpError::TimedOut)?
            .map_err(|error| classify(&error))?;
        let (parts, body) = Response::<reqwest::Body>::from(response).into_parts();
        let body = body.map_err(reqwest::Error::without_url);
        let body = PatientBody::new(body, timeout.between_bytes);
        Ok(Response::from_parts(parts, Body::stream(body)))
    }
}

fn express(request: Request<Body>) -> Result<reqwest::Request, HttpError> {
    let (parts, body) = request.into_parts();
    let mut expressed = reqwest::Request::new(parts.method, address(&parts.uri)?);
    *expressed.headers_mut() = parts.headers;
    // A method that has content says that there is none (RFC 9110 §8.6); servers refuse a POST without a word with 411.
    let has_content = [Method::POST, Method::PUT, Method::PATCH].contains(expressed.method());
    if has_content && http_body::Body::is_end_stream(&body) {
        let headers = expressed.headers_mut();
        headers.entry(CONTENT_LENGTH).or_insert(HeaderValue::from_static("0"));
    }
    *expressed.body_mut() = Some(reqwest::Body::wrap(SharedBody(Mutex::new(body))));
    Ok(expressed)
}

/// Reads the address; credentials in it are refused, since reqwest would add them as a header.
fn address(uri: &Uri) -> Result<Url, HttpError> {
    let refused = |reason: &str| HttpError::Protocol(reason.to_owned());
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(refused("address must begin with http:// or https://"));
    }
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(refused("address must not hold credentials"));
    }
    Url::parse(&uri.to_string()).map_err(|error| HttpError::Protocol(error.to_string()))
}

fn classify(error: &reqwest::Error) -> HttpError {
    if let Some(body) = causes(error).find_map(|cause| cause.downcast_ref::<BodyError>()) {
        return HttpError::RequestBody(match body {
            BodyError::TooLong { limit } => BodyError::TooLong { limit: *limit },
            BodyError::BrokenOff(source) => BodyError::BrokenOff(source.to_string().into()),
        });
    }
    if let Some(refusal) = causes(error).find_map(|cause| cause.downcast_ref::<AddressNotPublic>())
    {
        return HttpError::NotAllowed(refusal.to_string());
    }
    if error.is_timeout() {
        HttpError::TimedOut
    } else if error.is_connect() {
        HttpError::Unreachable(cause(error))
    } else {
        HttpError::Protocol(cause(error))
    }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

/// The first cause's own words. reqwest's own would show the address, which may hold a secret in its query.
fn cause(error: &reqwest::Error) -> String {
    causes(error)
        .skip(1)
        .last()
        .map_or_else(|| "request could not be made".to_owned(), ToString::to_string)
}

/// A body that may be looked at from several threads, as reqwest wants it; nobody does, so the lock is always free.
struct SharedBody(Mutex<Body>);

impl http_body::Body for SharedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let body = self.get_mut().0.get_mut().unwrap_or_else(PoisonError::into_inner);
        Pin::new(body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).size_hint()
    }
}
