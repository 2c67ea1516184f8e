use std::sync::Arc;

use headgate_core::{Background, Body, Clock, HttpClient, Timeout};
use headgate_events::delivery::OutcomeName;
use headgate_events::write::{Message, binary, structured};
use headgate_events::{Endpoint, Event, Sink};
use http::{HeaderMap, Method, Request};

use crate::World;
use crate::event_subscription::EventSubscription;
use crate::record::Verdict;
use crate::rules::{Mode, Rule, Then};
use crate::trace::Trace;

impl<W: World> EventSubscription<W> {
    /// Runs a rule's handler with an event.
    pub(crate) async fn call(&self, rule: &Rule, event: &Event, trace: &Trace) -> Verdict {
        match &rule.then {
            Then::Webhook(webhook) => {
                let message = match webhook.mode {
                    Mode::Structured => structured(event),
                    Mode::Binary => binary(event),
                };
                let call = posted(&webhook.address, message, Some(&webhook.headers));
                self.send(call, webhook.timeout, trace).await
            }
            Then::Function(function) => {
                let call = posted(&function.address, structured(event), None);
                self.send(call, function.timeout, trace).await
            }
            Then::Sink(sink) => self.publish(event, sink).await,
        }
    }

    /// Puts the event into the outbox, which takes care of it from there on: it is delivered beside the answer, tried again
    /// by ticks, and what its sink does not take is a dead letter of the outbox.
    async fn publish(&self, event: &Event, sink: &Sink) -> Verdict {
        match self.outbox.publish_to(event.clone(), &sink.name).await {
            Ok(handed) => {
                let outbox = Arc::clone(&self.outbox);
                let work = async move {
                    outbox.deliver(handed).await;
                };
                // Boxed: inline, the future of a request would nest deeper than the compiler follows.
                self.ports.background.begin(Box::pin(work)).await;
                Verdict::published()
            }
            Err(error) => {
                self.warn(&format_args!("an event is not in the outbox yet: {error}"));
                Verdict::failed(match error.is_too_long() {
                    true => OutcomeName::PayloadTooLarge,
                    false => OutcomeName::Aborted,
                })
            }
        }
    }

    async fn send(&self, mut request: Request<Body>, timeout: Timeout, trace: &Trace) -> Verdict {
        trace.inject(request.headers_mut());
        // The answer's body says nothing that counts; not reading it bounds the time.
        match self.ports.http.send(request, timeout).await {
            Ok(response) => {
                let now = self.ports.clock.now();
                Verdict::of_answer(response.status(), response.headers(), now)
            }
            Err(error) => Verdict::of_error(&error),
        }
    }
}

fn posted(address: &Endpoint, message: Message, headers: Option<&HeaderMap>) -> Request<Body> {
    let mut request = Request::new(Body::from(message.body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = address.uri().clone();
    *request.headers_mut() = message.headers;
    if let Some(headers) = headers {
        request.headers_mut().extend(headers.clone());
    }
    request
}
