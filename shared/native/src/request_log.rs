use headgate_core::{Logged, RequestLog, Served};
use http::StatusCode;

use crate::lines::Lines;
use crate::metrics::Metrics;

/// Writes each request's account as one line of JSON, and counts it.
#[derive(Clone, Debug)]
pub(crate) struct NativeRequestLog {
    pub(crate) logged: Logged,
    pub(crate) lines: Lines,
    pub(crate) metrics: Option<Metrics>,
}

impl RequestLog for NativeRequestLog {
    fn takes(&self, status: StatusCode) -> bool {
        self.metrics.is_some() || self.logged.takes(status)
    }

    fn record(&self, served: &Served) {
        if self.logged.takes(served.status) {
            self.lines.write(served.to_json());
        }
        if let Some(metrics) = &self.metrics {
            metrics.count(served);
        }
    }
}
