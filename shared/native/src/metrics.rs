use std::sync::Arc;

use headgate_core::{Body, Handler, Outcome, Problem, Served};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// What has been served, for Prometheus: `headgate_requests_total` and `headgate_request_duration_seconds`.
#[derive(Clone, Debug)]
pub(crate) struct Metrics(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    registry: Registry,
    requests: Family<Answer, Counter>,
    durations: Family<Route, Histogram, fn() -> Histogram>,
}

/// Names from the code and a status: few enough to count by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    function: &'static str,
    route: &'static str,
    result: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    function: &'static str,
    route: &'static str,
}

/// In seconds: from a cached decision to a slow issuer.
const BUCKETS: [f64; 15] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
    1.0, 5.0,
];

impl Metrics {
    /// Makes counters at zero.
    pub(crate) fn new() -> Self {
        let mut registry = Registry::default();
        let requests = Family::default();
        let durations =
            Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> Histogram);
        registry.register("headgate_requests", "Requests served", requests.clone());
        registry.register(
            "headgate_request_duration_seconds",
            "Time from a request's head to its response's head",
            durations.clone(),
        );
        Self(Arc::new(Counts { registry, requests, durations }))
    }

    /// Counts one request.
    pub(crate) fn count(&self, served: &Served) {
        let Served { function, route, result, .. } = *served;
        let status = served.status.as_u16();
        self.0.requests.get_or_create(&Answer { function, route, result, status }).inc();
        let duration = served.duration.as_secs_f64();
        self.0.durations.get_or_create(&Route { function, route }).observe(duration);
    }
}

/// Serves `GET /metrics`, in the OpenMetrics text format.
impl Handler for Metrics {
    async fn handle(&self, request: Request<Body>) -> Response<Body> {
        if request.uri().path() != "/metrics" {
            return Problem::new(StatusCode::NOT_FOUND, "no such route").into_response();
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "use GET").into_response();
        }
        let mut text = String::new();
        if encode(&mut text, &self.0.registry).is_err() {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            return Problem::new(status, "metrics cannot be written").into_response();
        }
        let mut response = Response::new(Body::from(text));
        response.headers_mut().insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8"),
        );
        response.extensions_mut().insert(Outcome { route: "metrics", result: "ok" });
        response
    }
}
