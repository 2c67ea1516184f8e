use headgate_core::{Body, Handler, Outcome};
use http::{HeaderMap, Request, StatusCode};

use crate::now;

/// The longest answer that a test reads, in bytes.
const LIMIT: usize = 10_000_000;

/// An answer as the caller has it, read to its end.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; what is not UTF-8 fails the test.
    pub body: String,
    /// What was decided, for the log.
    pub outcome: Option<Outcome>,
}

impl Answered {
    /// The answer of a function whose ports all answer at once.
    #[must_use]
    pub fn by(function: &impl Handler, request: Request<Body>) -> Self {
        now(Self::read(function, request))
    }

    /// The answer of a function.
    ///
    /// # Panics
    ///
    /// When the body breaks off, or is longer than 10,000,000 bytes, or is not UTF-8.
    #[expect(clippy::unwrap_used, reason = "an answer that cannot be read fails the test")]
    pub async fn read(function: &impl Handler, request: Request<Body>) -> Self {
        let (parts, body) = function.handle(request).await.into_parts();
        let body = body.read(LIMIT).await.unwrap();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.into()).unwrap(),
            outcome: parts.extensions.get().copied(),
        }
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is none.
    #[must_use]
    #[expect(clippy::unwrap_used, reason = "another answer than JSON fails the test")]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// A header's text.
    ///
    /// # Panics
    ///
    /// When it is not ASCII.
    #[must_use]
    #[expect(clippy::unwrap_used, reason = "a header that is not text fails the test")]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// What was decided.
    ///
    /// # Panics
    ///
    /// When the function has not said so.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a response without an outcome fails the test")]
    pub fn result(&self) -> &'static str {
        self.outcome.expect("a response says what was decided").result
    }
}
