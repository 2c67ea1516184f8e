use std::pin::Pin;

use headgate_core::{Clock, Diagnostics, HttpClient, Random, Timestamp};
use http::header::AUTHORIZATION;
use http::{HeaderValue, StatusCode};

use super::Outbox;
use crate::delivery::{DeliveryOutcome, OutcomeName, Schedule, classify, classify_error, request};
use crate::event::Event;
use crate::outlets::Outlets;
use crate::sinks::{Identity, Sink, Target};
use crate::tokens::{TokenUnavailable, Tokens};

/// What a sink answers 401 comes to.
const UNAUTHORIZED: DeliveryOutcome =
    DeliveryOutcome::Refused { outcome: OutcomeName::Unauthorized };

type Given<'a> =
    Pin<Box<dyn Future<Output = Result<Option<HeaderValue>, TokenUnavailable>> + Send + 'a>>;

impl<H, K, C, R, D, O, T> Outbox<H, K, C, R, D, O, T>
where
    H: HttpClient,
    K: Send + Sync,
    C: Clock,
    R: Random,
    D: Diagnostics,
    O: Outlets,
    T: Tokens,
{
    /// Takes an event to a sink, once.
    pub(super) async fn attempt(&self, sink: &Sink, event: &Event) -> DeliveryOutcome {
        match &sink.target {
            Target::Stdout => self.print(event),
            Target::EventBridge(bus) => {
                self.ports.outlets.put_on_bus(bus, event, sink.timeout).await
            }
            Target::EventGridTopic(_) | Target::EventGridNamespace(_) | Target::Webhook(_) => {
                match sink.identity() {
                    None => self.send(sink, event, None).await,
                    Some(identity) => self.send_as(identity, sink, event).await,
                }
            }
        }
    }

    /// Sends with a token, and again with another one when the sink does not take it: it may have expired on the way or
    /// have been revoked.
    async fn send_as(&self, identity: &Identity, sink: &Sink, event: &Event) -> DeliveryOutcome {
        let first = match self.authorization(identity, None).await {
            Ok(Some(authorization)) => authorization,
            Ok(None) => return UNAUTHORIZED,
            Err(error) => return self.without_token(sink, &error),
        };
        let outcome = self.send(sink, event, Some(&first)).await;
        if outcome != UNAUTHORIZED {
            return outcome;
        }
        match self.authorization(identity, Some(&first)).await {
            Ok(Some(other)) => self.send(sink, event, Some(&other)).await,
            Ok(None) => outcome,
            Err(error) => self.without_token(sink, &error),
        }
    }

    /// Boxed without its type: it is deep, and nested in functions' own futures it is too deep for the compiler.
    fn authorization<'a>(
        &'a self,
        identity: &'a Identity,
        refused: Option<&'a HeaderValue>,
    ) -> Given<'a> {
        Box::pin(self.tokens.authorization(&identity.credential, &identity.scope, refused))
    }

    /// Without a token the sink is not called; the event is tried again by the schedule.
    fn without_token(&self, sink: &Sink, error: &TokenUnavailable) -> DeliveryOutcome {
        self.warn(&format_args!("sink {} is not called: {error}", sink.name));
        let asked = error.retry_after.unwrap_or_default();
        let least = asked.clamp(Schedule::LEAST, Schedule::MOST);
        DeliveryOutcome::Failed { outcome: OutcomeName::Unauthorized, least }
    }

    async fn send(
        &self,
        sink: &Sink,
        event: &Event,
        authorization: Option<&HeaderValue>,
    ) -> DeliveryOutcome {
        let now = self.ports.clock.now();
        let Ok(mut request) = request(sink, std::slice::from_ref(event), now) else {
            return DeliveryOutcome::Refused { outcome: OutcomeName::BadRequest };
        };
        if let Some(authorization) = authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization.clone());
        }
        // The answer's body says nothing that counts; not reading it bounds the time.
        match self.ports.http.send(request, sink.timeout).await {
            Ok(response) => {
                let (status, now) = (response.status(), self.ports.clock.now());
                if status == StatusCode::GONE {
                    self.retire(sink, now);
                }
                classify(status, response.headers(), now)
            }
            Err(error) => classify_error(&error),
        }
    }

    /// Calls a sink no more that has said by 410 that it has retired (CloudEvents webhook specification §2.2).
    fn retire(&self, sink: &Sink, now: Timestamp) {
        self.retired.add(&sink.name, now);
        self.warn(&format_args!(
            "sink {} has retired: it answered 410 and is not called for an hour, in which its events go to the dead \
             letters; mend it or take it out of the variable sinks",
            sink.name
        ));
    }

    fn print(&self, event: &Event) -> DeliveryOutcome {
        // In JSON a line end is white space, wherever it stands.
        let line = serde_json::to_string(event).unwrap_or_default().replace(['\n', '\r'], " ");
        match self.ports.outlets.print(&line) {
            Ok(()) => DeliveryOutcome::Delivered,
            Err(_) => {
                DeliveryOutcome::Failed { outcome: OutcomeName::Aborted, least: Schedule::LEAST }
            }
        }
    }
}
