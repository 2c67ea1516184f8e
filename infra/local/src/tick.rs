use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Method, Request, Uri};
use http_body_util::BodyExt;
use tokio::time::MissedTickBehavior;

use crate::component::no_body;
use crate::server::Server;

/// A component's timer: where its `POST /tick` goes, and how often.
pub(crate) struct Timer {
    pub(crate) uri: Uri,
    pub(crate) period: Duration,
}

impl Timer {
    /// Ticks for ever. A tick begins only after the one before was answered; those that were missed meanwhile are left out.
    pub(crate) async fn run(self, server: Arc<Server>) {
        let mut interval = tokio::time::interval(self.period);
        interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
        // The first tick of an interval is at once; a timer's comes after its period.
        interval.tick().await;
        let client = HeaderValue::from_static("127.0.0.1:0");
        loop {
            interval.tick().await;
            let mut request = Request::new(no_body());
            *request.method_mut() = Method::POST;
            request.uri_mut().clone_from(&self.uri);
            let answer = server.answer_any(request, &client).await;
            // The account of the request has said what came of it; the content is of no use.
            let mut body = answer.into_body();
            while let Some(Ok(_)) = body.frame().await {}
        }
    }
}
