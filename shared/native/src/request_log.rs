use headgate_core::{RequestLog, Served};

use crate::lines::Lines;
use crate::metrics::Metrics;
use crate::settings::Logged;

/// Writes each request's account as one line of JSON, and counts it.
#[derive(Clone, Debug)]
pub(crate) struct NativeRequestLog {
    pub(crate) logged: Logged,
    pub(crate) lines: Lines,
    pub(crate) metrics: Option<Metrics>,
}

impl RequestLog for NativeRequestLog {
    fn record(&self, served: &Served) {
        if is_logged(self.logged, served) {
            self.lines.write(served.to_json());
        }
        if let Some(metrics) = &self.metrics {
            metrics.count(served);
        }
    }
}

fn is_logged(logged: Logged, served: &Served) -> bool {
    match logged {
        Logged::Requests => true,
        Logged::Failures => served.status.is_server_error(),
        Logged::Off => false,
    }
}
