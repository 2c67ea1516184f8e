//! Calls to places that are reached over HTTP: sending with deadlines, and what a refusal means.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};
use headgate_core::{
    Body, BodyError, Clock, HttpClient, HttpError, RetryAfter, Timeout, Timestamp,
};
use http::header::{ACCEPT_ENCODING, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};

use super::progress::{Progress, stalled};
use super::{PlaceError, xml};
use crate::ports::{Reach, World};

/// The longest `Retry-After` that is believed.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);
const CONNECT: Duration = Duration::from_secs(10);
/// A part has no deadline of its own: it may be long and the line slow. Whoever does not take it is found by [`stalled`].
const NONE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Calls the hosts of one place.
pub(crate) struct Caller<W: World> {
    reach: Arc<Reach<W>>,
    private_network: bool,
}

impl<W: World> Caller<W> {
    /// Makes a caller; `private_network`: whether the place's hosts may have private addresses.
    pub(crate) const fn new(reach: Arc<Reach<W>>, private_network: bool) -> Self {
        Self { reach, private_network }
    }

    /// What the place reaches of the world.
    pub(crate) fn reach(&self) -> &Reach<W> {
        &self.reach
    }

    /// Sends a request whose content is short, if it has any. The answer has [`Reach::patience`] to begin.
    pub(crate) async fn send(
        &self,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, PlaceError> {
        prepare(request.headers_mut());
        let patience = self.reach.patience;
        let timeout = Timeout { connect: CONNECT, first_byte: patience, between_bytes: patience };
        Ok(self.reach.client(self.private_network).send(request, timeout).await?)
    }

    /// Sends a request whose content is a file or a part of one, `length` bytes long if that is known, and gives the number of
    /// bytes that were sent with the answer.
    ///
    /// # Errors
    ///
    /// [`HttpError::TimedOut`] when nothing of the content is taken for as long as [`Reach::patience`], or a quarter more at the
    /// most; [`PlaceError::Temporary`] for a success that was answered before all of the content was sent.
    pub(crate) async fn upload(
        &self,
        request: Request<Body>,
        length: Option<u64>,
    ) -> Result<(Response<Body>, u64), PlaceError> {
        let progress = Progress::new(length);
        let response = self.upload_watched(request, &progress).await?;
        Ok((response, progress.sent()))
    }

    /// As [`upload`](Self::upload); `progress` says how much of the content was taken, also where no answer came.
    pub(crate) async fn upload_watched(
        &self,
        mut request: Request<Body>,
        progress: &Progress,
    ) -> Result<Response<Body>, PlaceError> {
        prepare(request.headers_mut());
        let request = request.map(|body| progress.watch(body));
        let patience = self.reach.patience;
        let timeout = Timeout { connect: CONNECT, first_byte: NONE, between_bytes: patience };
        let sent = self.reach.client(self.private_network).send(request, timeout);
        let stalled = stalled(&self.reach.clock, progress, patience);
        let response = match select(pin!(sent), pin!(stalled)).await {
            Either::Left((response, _)) => response?,
            Either::Right(((), _)) => return Err(HttpError::TimedOut.into()),
        };
        if response.status().is_success() && !progress.is_complete() {
            let detail = "it answered before it had the whole content".to_owned();
            return Err(PlaceError::Temporary { detail });
        }
        Ok(response)
    }

    /// What an answer that is no success means, before anything is read of its body.
    pub(crate) fn failure(&self, response: &Response<Body>, code: Option<&str>) -> Failure {
        let now = self.reach.clock.now();
        Failure {
            status: response.status(),
            code: code.filter(|code| is_code(code)).map(str::to_owned),
            retry_after: retry_after(response.headers(), now),
        }
    }

    /// The same, where the code stands in a body of XML.
    pub(crate) async fn failure_in_xml(&self, response: Response<Body>) -> Failure {
        let (head, body) = response.into_parts();
        let body = read(body, xml::LONGEST_ERROR).await.unwrap_or_default();
        let response = Response::from_parts(head, Body::empty());
        self.failure(&response, xml::error_code(&body).as_deref())
    }
}

/// Content comes as it is kept: nothing that compresses on the way.
fn prepare(headers: &mut HeaderMap) {
    headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static("identity"));
    headers.entry(USER_AGENT).or_insert(HeaderValue::from_static("Headgate"));
}

/// Reads a short answer.
pub(crate) async fn read(body: Body, most: usize) -> Result<Bytes, PlaceError> {
    body.read(most).await.map_err(|error| match error {
        BodyError::TooLong { .. } => {
            PlaceError::Refused { detail: "its answer is too long".to_owned() }
        }
        BodyError::BrokenOff(_) => {
            PlaceError::Temporary { detail: "its answer broke off".to_owned() }
        }
    })
}

/// An answer that is no success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    /// The place's own word for it.
    pub(crate) code: Option<String>,
    pub(crate) retry_after: Option<Duration>,
}

impl Failure {
    /// The status and the code, for a detail.
    pub(crate) fn detail(&self) -> String {
        let status = self.status.as_u16();
        self.code.as_ref().map_or_else(|| status.to_string(), |code| format!("{status} {code}"))
    }

    /// Whether the code is this one.
    pub(crate) fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// What it means where nothing else is known of it.
    pub(crate) fn into_error(self) -> PlaceError {
        let detail = self.detail();
        match self.status.as_u16() {
            404 | 410 => PlaceError::NotFound,
            401 | 403 | 407 => PlaceError::Denied { detail },
            429 | 503 => PlaceError::Throttled { retry_after: self.retry_after },
            507 => PlaceError::Full,
            408 | 425 | 500 | 502 | 504 => PlaceError::Temporary { detail },
            300..=399 => {
                PlaceError::Refused { detail: format!("{detail}, and redirects are not followed") }
            }
            _ => PlaceError::Refused { detail },
        }
    }
}

/// A word of the place that may be shown: a short name and nothing that could be a text about the caller.
fn is_code(code: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=64).contains(&code.len()) && code.bytes().all(allowed)
}

/// For how long `Retry-After` asks for a pause, a day at most.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    RetryAfter::of(headers).map(|asked| asked.from(now).min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use http::header::RETRY_AFTER;

    use super::*;

    #[test]
    fn nobody_is_believed_who_asks_for_more_than_a_day() {
        let now = Timestamp::from_secs(784_111_777);
        for (text, seconds) in
            [("86399", 86_399), ("99999999999", 86_400), ("Sun, 06 Nov 1994 08:49:47 GMT", 10)]
        {
            let headers = [(RETRY_AFTER, HeaderValue::from_static(text))].into_iter().collect();
            assert_eq!(retry_after(&headers, now), Some(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn each_status_has_its_error() {
        let shown = |status: u16| {
            let status = StatusCode::from_u16(status).unwrap();
            let failure = Failure { status, code: Some("Why".to_owned()), retry_after: None };
            failure.into_error().to_string()
        };
        for (status, text) in [
            (404, "there is no such file"),
            (403, "the place refuses access: 403 Why"),
            (429, "the place asks for a pause"),
            (503, "the place asks for a pause"),
            (507, "the place has no room for the file"),
            (500, "the place does not answer as it should: 500 Why"),
            (302, "the place refuses: 302 Why, and redirects are not followed"),
            (400, "the place refuses: 400 Why"),
        ] {
            assert_eq!(shown(status), text);
        }
    }

    #[test]
    fn a_code_is_one_word_and_nothing_else_is_shown() {
        assert!(is_code("BlobNotFound"));
        for text in ["", "a b", "key=hunter2", "é", &"a".repeat(65)] {
            assert!(!is_code(text), "{text}");
        }
    }
}
