use std::collections::HashSet;

use http::{HeaderMap, HeaderName, HeaderValue};

/// Which of a request's headers go on, and which are set.
#[derive(Clone, Debug)]
pub struct RequestHeaders {
    pub(super) passed: HashSet<HeaderName>,
    pub(super) set: Vec<(HeaderName, HeaderValue)>,
}

/// Which of a response's headers do not come back, and which are set.
#[derive(Clone, Debug)]
pub struct ResponseHeaders {
    pub(super) dropped: HashSet<HeaderName>,
    pub(super) set: Vec<(HeaderName, HeaderValue)>,
}

/// What goes on without being named: what describes the content and the wish, and the ids that Microsoft's APIs log.
pub(super) const PASSED: [&str; 31] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "client-request-id",
    "consistencylevel",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-range",
    "content-type",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "odata-maxversion",
    "odata-version",
    "prefer",
    "range",
    "return-client-request-id",
    "traceparent",
    "tracestate",
    "user-agent",
    "x-ms-client-request-id",
    "x-ms-client-session-id",
    "x-ms-correlation-request-id",
    "x-ms-return-client-request-id",
    "mscrm.mergelabels",
    "mscrm.solutionuniquename",
    "mscrm.suppressduplicatedetection",
];

/// What no document can let pass or set: whose the request is, and where its body ends.
pub(super) const NEVER: [&str; 16] = [
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-headgate-connection",
];

/// What an upstream says of its own origin, which is not the caller's.
pub(super) const DROPPED: [&str; 14] = [
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
    "alt-svc",
    "clear-site-data",
    "nel",
    "refresh",
    "report-to",
    "set-cookie",
    "strict-transport-security",
    "x-headgate-reason",
];

impl RequestHeaders {
    /// The headers that go on.
    #[must_use]
    pub fn of(&self, headers: &HeaderMap) -> HeaderMap {
        let mut passed = HeaderMap::with_capacity(headers.len() + self.set.len() + 1);
        for (name, value) in headers {
            if self.passed.contains(name) {
                passed.append(name.clone(), value.clone());
            }
        }
        put(&mut passed, &self.set);
        passed
    }
}

impl ResponseHeaders {
    /// Takes off what does not come back, and sets the rest.
    pub fn apply(&self, headers: &mut HeaderMap) {
        for name in &self.dropped {
            headers.remove(name);
        }
        put(headers, &self.set);
    }
}

fn put(headers: &mut HeaderMap, set: &[(HeaderName, HeaderValue)]) {
    for (name, value) in set {
        headers.insert(name.clone(), value.clone());
    }
}
