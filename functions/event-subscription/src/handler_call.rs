use headgate_core::{Body, Clock, HttpClient, Timeout, TraceContext};
use headgate_events::delivery::{DeliveryOutcome, OutcomeName, Schedule, request};
use headgate_events::write::{Message, binary, structured};
use headgate_events::{Event, Outlets, Sink, Target};
use http::{HeaderMap, Method, Request};

use crate::address::Address;
use crate::event_subscription::EventSubscription;
use crate::ports::World;
use crate::record::Verdict;
use crate::rules::{Mode, Rule, Then};

impl<W: World> EventSubscription<W> {
    /// Runs a rule's handler with an event.
    pub(crate) async fn call(
        &self,
        rule: &Rule,
        event: &Event,
        trace: Option<TraceContext>,
    ) -> Verdict {
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
            Then::Sink(sink) => self.call_sink(sink, event, trace).await,
        }
    }

    async fn call_sink(&self, sink: &Sink, event: &Event, trace: Option<TraceContext>) -> Verdict {
        match &sink.target {
            Target::Stdout => Verdict::of_outlet(self.print(event)),
            Target::EventBridge(bus) => {
                Verdict::of_outlet(self.ports.outlets.put_on_bus(bus, event).await)
            }
            Target::EventGridTopic(_) | Target::EventGridNamespace(_) | Target::Webhook(_) => {
                let now = self.ports.clock.now();
                match request(sink, std::slice::from_ref(event), now) {
                    Ok(request) => self.send(request, sink.timeout, trace).await,
                    // The event cannot be said in the sink's form.
                    Err(_) => Verdict::failed(OutcomeName::BadRequest),
                }
            }
        }
    }

    async fn send(
        &self,
        mut request: Request<Body>,
        timeout: Timeout,
        trace: Option<TraceContext>,
    ) -> Verdict {
        if let Some(trace) = trace {
            trace.inject(request.headers_mut());
        }
        // The answer's body says nothing that counts; not reading it bounds the time.
        match self.ports.http.send(request, timeout).await {
            Ok(response) => {
                let now = self.ports.clock.now();
                Verdict::of_answer(response.status(), response.headers(), now)
            }
            Err(error) => Verdict::of_error(&error),
        }
    }

    fn print(&self, event: &Event) -> DeliveryOutcome {
        // In JSON a line end is white space, wherever it stands. An event always serialises.
        let line = serde_json::to_string(event).unwrap_or_default().replace(['\n', '\r'], " ");
        match self.ports.outlets.print(&line) {
            Ok(()) => DeliveryOutcome::Delivered,
            Err(_) => {
                DeliveryOutcome::Failed { outcome: OutcomeName::Aborted, least: Schedule::LEAST }
            }
        }
    }
}

fn posted(address: &Address, message: Message, headers: Option<&HeaderMap>) -> Request<Body> {
    let mut request = Request::new(Body::from(message.body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = address.uri().clone();
    *request.headers_mut() = message.headers;
    if let Some(headers) = headers {
        request.headers_mut().extend(headers.clone());
    }
    request
}
