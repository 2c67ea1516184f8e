use std::time::Duration;

use headgate_core::{Body, HttpClient, HttpError, Timeout};
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Method, Request, Response};
use http_body::Body as _;
use spin_sdk::wasip3::http::types::{ErrorCode, RequestOptions};
use spin_sdk::wasip3::http_compat::RequestOptionsExtension;

use crate::incoming_content::IncomingContent;

/// Calls through the host, which lets a component reach the hosts that its manifest declares and no others.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutboundHttp;

impl HttpClient for OutboundHttp {
    async fn send(
        &self,
        mut request: Request<Body>,
        timeout: Timeout,
    ) -> Result<Response<Body>, HttpError> {
        say_length(&mut request);
        request.extensions_mut().insert(RequestOptionsExtension(options(timeout)));
        let response = spin_sdk::http::send(request).await.map_err(http_error)?;
        Ok(response.map(|body| Body::stream(IncomingContent::of(body))))
    }
}

/// Says how long a body is when that is known: the host, which sees a stream, would send it in chunks, also an empty one.
fn say_length(request: &mut Request<Body>) {
    let Some(length) = request.body().size_hint().exact() else { return };
    // A request without content says so where its method has content by its nature, or may have some (RFC 9110 §8.6).
    let is_silent = length == 0 && [Method::GET, Method::HEAD].contains(request.method());
    if !is_silent {
        let length = HeaderValue::from(length);
        request.headers_mut().entry(CONTENT_LENGTH).or_insert(length);
    }
}

/// A host that does not know one of the three keeps its own: the request is sent all the same.
fn options(timeout: Timeout) -> RequestOptions {
    let options = RequestOptions::new();
    let _ = options.set_connect_timeout(Some(nanoseconds(timeout.connect)));
    let _ = options.set_first_byte_timeout(Some(nanoseconds(timeout.first_byte)));
    let _ = options.set_between_bytes_timeout(Some(nanoseconds(timeout.between_bytes)));
    options
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn http_error(code: ErrorCode) -> HttpError {
    match code {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => {
            HttpError::NotAllowed(code.to_string())
        }
        ErrorCode::ConnectionTimeout
        | ErrorCode::DnsTimeout
        | ErrorCode::HttpResponseTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout => HttpError::TimedOut,
        ErrorCode::DnsError(_)
        | ErrorCode::DestinationNotFound
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpUnroutable
        | ErrorCode::ConnectionRefused
        | ErrorCode::ConnectionLimitReached
        | ErrorCode::TlsProtocolError
        | ErrorCode::TlsCertificateError => HttpError::Unreachable(code.to_string()),
        code => HttpError::Protocol(code.to_string()),
    }
}
