use std::time::Duration;

use bytes::Bytes;
use headgate_core::{Body, HttpClient, HttpError, RetryAfter, Timeout};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};

use crate::TokenError;

/// The longest answer that is read, in bytes: several times the longest token.
const LONGEST: usize = 256 * 1024;

/// The longest that a service is believed when it says when to come again.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// An answer, read to its end.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoReply {
    /// Nobody is there.
    Unreachable,
    /// Somebody may be there: the call timed out or broke off.
    Broken,
    /// The host may not be called, or the address is none: another attempt is of no use.
    Forbidden,
}

/// A request that may be sent several times.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) address: &'a str,
    pub(crate) headers: HeaderMap,
    /// A form; empty for a request without a body.
    pub(crate) form: &'a str,
    pub(crate) timeout: Timeout,
}

impl Call<'_> {
    pub(crate) async fn send(&self, http: &impl HttpClient) -> Result<Reply, NoReply> {
        let body = match self.form {
            "" => Body::empty(),
            form => Body::from(form.as_bytes().to_vec()),
        };
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.address.parse().map_err(|_| NoReply::Forbidden)?;
        *request.headers_mut() = self.headers.clone();
        if !self.form.is_empty() {
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            request.headers_mut().insert(CONTENT_TYPE, form);
        }
        let response = http.send(request, self.timeout).await.map_err(|error| match error {
            HttpError::Unreachable(_) => NoReply::Unreachable,
            HttpError::NotAllowed(_) => NoReply::Forbidden,
            HttpError::TimedOut | HttpError::Protocol(_) | HttpError::RequestBody(_) => {
                NoReply::Broken
            }
        })?;
        let (head, body) = response.into_parts();
        let body = body.read(LONGEST).await.map_err(|_| NoReply::Broken)?;
        Ok(Reply { status: head.status, headers: head.headers, body })
    }
}

impl Reply {
    /// What `Retry-After` asks for in seconds, an hour at most.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        RetryAfter::of(&self.headers)?.delay().map(|delay| delay.min(LONGEST_PAUSE))
    }

    pub(crate) fn json(&self) -> Result<serde_json::Value, TokenError> {
        serde_json::from_slice(&self.body).map_err(|_| TokenError::AnswerUnusable)
    }
}

#[cfg(test)]
mod tests {
    use http::header::RETRY_AFTER;

    use super::*;

    #[test]
    fn nobody_is_believed_who_asks_for_more_than_an_hour_or_names_a_date() {
        for (text, seconds) in
            [("3599", Some(3_599)), ("7200", Some(3_600)), ("Sun, 06 Nov 1994 08:49:37 GMT", None)]
        {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
            let reply = Reply { status: StatusCode::OK, headers, body: Bytes::new() };
            assert_eq!(reply.retry_after(), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
