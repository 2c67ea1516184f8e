use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use serde::{Serialize, Serializer};

use crate::{Body, Clock, Handler, Outcome, Random, Timestamp, TraceContext};

/// Where a host keeps account of served requests: a log line, a counter, or both.
///
/// An implementor does not block the request for longer than a write to a pipe.
pub trait RequestLog: Send + Sync {
    /// Whether a request with this answer is accounted for; of the others no account is made. All are, unless an
    /// implementor says otherwise.
    fn takes(&self, status: StatusCode) -> bool {
        let _ = status;
        true
    }

    /// Takes one request's account.
    fn record(&self, served: &Served);
}

/// One served request's account. It has no part that a caller chose freely, so it can hold no secret.
#[derive(Clone, Debug, Serialize)]
pub struct Served {
    /// When the request came, RFC 3339.
    #[serde(serialize_with = "display")]
    pub time: Timestamp,
    /// The function's name.
    pub function: &'static str,
    /// The request's method.
    #[serde(serialize_with = "display")]
    pub method: Method,
    /// The route's name; `unknown` when none matched.
    pub route: &'static str,
    /// What the function decided.
    pub result: &'static str,
    /// The status.
    #[serde(serialize_with = "status")]
    pub status: StatusCode,
    /// From the request's head to the response's head, in microseconds.
    #[serde(rename = "duration_us", serialize_with = "micros")]
    pub duration: Duration,
    /// The W3C trace id.
    #[serde(rename = "trace_id", serialize_with = "trace_id")]
    pub trace: TraceContext,
}

impl Served {
    /// The account as one line of JSON, without a line end.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Numbers and names always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A handler whose every request is put into its trace and recorded.
///
/// The function behind it finds the [`TraceContext`] in the request's extensions and leaves its [`Outcome`] in the
/// response's.
#[derive(Debug)]
pub struct Observed<H, C, R, L> {
    /// The function's name, as `token-validation`.
    pub function: &'static str,
    /// The function.
    pub handler: H,
    /// When requests come and go.
    pub clock: C,
    /// Where new trace and span ids come from.
    pub random: R,
    /// Where the account goes.
    pub log: L,
}

impl<H: Handler, C: Clock, R: Random, L: RequestLog> Handler for Observed<H, C, R, L> {
    async fn handle(&self, mut request: Request<Body>) -> Response<Body> {
        let time = self.clock.now();
        let method = request.method().clone();
        let trace = TraceContext::continued_or_new(request.headers(), &self.random);
        request.extensions_mut().insert(trace);
        let response = self.handler.handle(request).await;
        if !self.log.takes(response.status()) {
            return response;
        }
        let outcome = response
            .extensions()
            .get::<Outcome>()
            .copied()
            .unwrap_or(Outcome { route: "unknown", result: "unknown" });
        self.log.record(&Served {
            time,
            function: self.function,
            method,
            route: outcome.route,
            result: outcome.result,
            status: response.status(),
            duration: self.clock.now().since(time),
            trace,
        });
        response
    }
}

fn display<T: std::fmt::Display, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn status<S: Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

fn micros<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}

fn trace_id<S: Serializer>(trace: &TraceContext, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&trace.trace_id())
}
