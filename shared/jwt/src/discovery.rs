use std::time::Duration;

use headgate_core::{Body, BodyError, HttpClient, HttpError, Timeout, TraceContext};
use http::{Request, StatusCode};
use serde_json::Value;

use crate::jwks::{JWKS_LIMIT, JwkSet, JwksError};
use crate::secure_url::{SecureUrl, UrlFault};
use crate::token::object;

/// Each part of each of the two calls may take this long.
const TIMEOUT: Timeout = Timeout::each(Duration::from_secs(5));
const METADATA_LIMIT: usize = 64 * 1024;

/// What an issuer publishes: OpenID Connect Discovery 1.0 §3 and RFC 7517 §5.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// `issuer`, as it stands.
    pub(crate) issuer: String,
    /// `jwks_uri`, as it stands.
    pub(crate) jwks_uri: String,
    /// The JWK Set as it came.
    pub(crate) jwks: String,
    /// Its usable keys; never none.
    pub(crate) keys: JwkSet,
}

/// Why an issuer's keys could not be fetched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("{0}")]
    Http(#[from] HttpError),
    #[error("it answered {0}")]
    Status(StatusCode),
    #[error("{0}")]
    Body(#[from] BodyError),
    #[error("the discovery document is not JSON with issuer and jwks_uri")]
    Metadata,
    #[error("jwks_uri is neither https nor on loopback")]
    NotSecure,
    #[error("{0}")]
    Jwks(#[from] JwksError),
    #[error("the JWK Set is not UTF-8")]
    NotText,
    #[error("the JWK Set has no usable key")]
    NoUsableKey,
}

/// The most values that a discovery document may have. Entra's has about 60.
const VALUE_LIMIT: usize = 4096;

/// Fetches the discovery document and then the keys that it names.
pub(crate) async fn fetch(
    url: &SecureUrl,
    http: &impl HttpClient,
    trace: Option<TraceContext>,
) -> Result<Fetched, FetchError> {
    let document = get(url, METADATA_LIMIT, http, trace).await?;
    let metadata = object(&document, VALUE_LIMIT).map_err(|_| FetchError::Metadata)?;
    let text = |name| metadata.get(name).and_then(Value::as_str).ok_or(FetchError::Metadata);
    fetch_jwks(text("issuer")?, text("jwks_uri")?, http, trace).await
}

/// Fetches the keys alone.
pub(crate) async fn fetch_jwks(
    issuer: &str,
    jwks_uri: &str,
    http: &impl HttpClient,
    trace: Option<TraceContext>,
) -> Result<Fetched, FetchError> {
    let address = SecureUrl::parse(jwks_uri).map_err(|fault| match fault {
        UrlFault::NotSecure => FetchError::NotSecure,
        UrlFault::NotUrl | UrlFault::Parts => FetchError::Metadata,
    })?;
    let bytes = get(&address, JWKS_LIMIT, http, trace).await?;
    let keys = JwkSet::parse(&bytes)?;
    if keys.keys.is_empty() {
        return Err(FetchError::NoUsableKey);
    }
    let jwks = String::from_utf8(bytes).map_err(|_| FetchError::NotText)?;
    Ok(Fetched { issuer: issuer.to_owned(), jwks_uri: jwks_uri.to_owned(), jwks, keys })
}

async fn get(
    url: &SecureUrl,
    limit: usize,
    http: &impl HttpClient,
    trace: Option<TraceContext>,
) -> Result<Vec<u8>, FetchError> {
    let mut request = Request::get(url.uri().clone())
        .header(http::header::ACCEPT, "application/json")
        .body(Body::empty())
        .map_err(|error| HttpError::Protocol(error.to_string()))?;
    if let Some(trace) = trace {
        trace.inject(request.headers_mut());
    }
    let response = http.send(request, TIMEOUT).await?;
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status(response.status()));
    }
    Ok(response.into_body().read(limit).await?.into())
}
