use std::sync::{Arc, Mutex};

use bytes::Bytes;
use headgate_core::{Body, HttpClient, HttpError, Timeout};
use headgate_events::{Event, read};
use http::{Request, Response, StatusCode};

/// `sink.example`, which takes events; nothing else can be called.
#[derive(Clone, Default)]
pub(crate) struct Net(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    events: Vec<Event>,
    status: Option<u16>,
}

impl Net {
    /// What the sink answers from now on, without taking anything unless it is 200.
    pub(crate) fn sink_answers(&self, status: u16) {
        self.0.lock().unwrap().status = Some(status);
    }

    /// The events that the sink has taken, in their order.
    pub(crate) fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap().events.clone()
    }

    /// The short types and subjects of the events that the sink has taken.
    pub(crate) fn said(&self) -> Vec<String> {
        let short = |event: &Event| {
            let event_type = event.event_type().strip_prefix("Microsoft.ApiManagement.").unwrap();
            format!("{event_type} {}", event.subject().unwrap())
        };
        self.events().iter().map(short).collect()
    }
}

impl HttpClient for Net {
    async fn send(
        &self,
        request: Request<Body>,
        _timeout: Timeout,
    ) -> Result<Response<Body>, HttpError> {
        let (parts, body) = request.into_parts();
        assert_eq!(parts.uri.host(), Some("sink.example"));
        let body: Bytes = body.read(2_000_000).await.unwrap();
        let events = read(&parts.headers, &body).expect("what is sent can be read").events;
        let mut state = self.0.lock().unwrap();
        let status = state.status.unwrap_or(200);
        if status == 200 {
            state.events.extend(events);
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        Ok(response)
    }
}
