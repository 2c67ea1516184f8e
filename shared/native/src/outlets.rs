use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::config::retry::RetryConfig;
use aws_sdk_eventbridge::config::timeout::TimeoutConfig;
use aws_sdk_eventbridge::config::{Builder, Config, Region};
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use headgate_core::{Clock, Timeout};
use headgate_events::delivery::{DeliveryOutcome, OutcomeName, Schedule, classify};
use headgate_events::{Event, EventBridge, Outlets, PrintError, Stdout};
use http::{HeaderMap, StatusCode};
use tokio::sync::OnceCell;
use tokio::time;

use crate::SystemClock;
use crate::aws::{AwsFailure, configuration};

/// The standard output of this process, and the event buses of AWS. A clone shares the connections.
///
/// Credentials and endpoint are found as by every SDK of AWS (the role, `AWS_ENDPOINT_URL_EVENTBRIDGE`), at the first use;
/// the region is the sink's. The role needs `events:PutEvents` on the bus.
///
/// An event becomes `source`, `detail-type` (its type), `time`, `resources` (its subject, when it has one) and `detail`: the
/// whole CloudEvent as JSON, since EventBridge gives each entry an id of its own, and `detail` must be an object. So a consumer
/// finds in `detail` the `id` by which it recognises what it got before.
#[derive(Clone, Default)]
pub struct NativeOutlets(Arc<Inner>);

#[derive(Default)]
struct Inner {
    configuration: OnceCell<SdkConfig>,
    /// One client for each region.
    clients: Mutex<BTreeMap<String, Client>>,
}

impl NativeOutlets {
    /// Makes the outlets. Nothing is called yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    async fn client(&self, region: &str) -> Client {
        let configuration = self.0.configuration.get_or_init(configuration).await;
        let mut clients = self.0.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            // An attempt that fails is tried again by the outbox, which counts attempts.
            let config = Builder::from(configuration)
                .region(Region::new(region.to_owned()))
                .retry_config(RetryConfig::disabled());
            Client::from_conf(config.build())
        };
        clients.entry(region.to_owned()).or_insert_with(make).clone()
    }

    async fn put(&self, bus: &EventBridge, event: &Event, timeout: Timeout) -> DeliveryOutcome {
        let put = self.client(&bus.region).await.put_events().entries(entry(bus, event));
        let timeouts = TimeoutConfig::builder().connect_timeout(timeout.connect).build();
        let config = Config::builder().timeout_config(timeouts);
        let answer = match put.customize().config_override(config).send().await {
            Ok(answer) => answer,
            Err(error) => return of_failure(&error.into()),
        };
        // One entry was sent, so it is the first result that says how it went.
        match answer.entries().first().map(|result| (result.event_id(), result.error_code())) {
            Some((Some(_), None)) if answer.failed_entry_count() == 0 => DeliveryOutcome::Delivered,
            Some((_, Some(code))) => of_code(code, StatusCode::INTERNAL_SERVER_ERROR),
            Some(_) | None => failed(OutcomeName::Aborted),
        }
    }
}

impl Outlets for NativeOutlets {
    fn print(&self, line: &str) -> Result<(), PrintError> {
        Stdout.print(line)
    }

    /// The two parts of the timeout are one for all that there is to do: credentials are got within it, too.
    async fn put_on_bus(
        &self,
        bus: &EventBridge,
        event: &Event,
        timeout: Timeout,
    ) -> DeliveryOutcome {
        let all = timeout.connect.saturating_add(timeout.first_byte);
        let put = time::timeout(all, self.put(bus, event, timeout)).await;
        put.unwrap_or_else(|_| failed(OutcomeName::TimedOut))
    }
}

/// Shows no part of the account's configuration.
impl fmt::Debug for NativeOutlets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("NativeOutlets")
    }
}

fn entry(bus: &EventBridge, event: &Event) -> PutEventsRequestEntry {
    // An event always serialises: its members are strings, numbers and JSON.
    let detail = serde_json::to_string(event).unwrap_or_default();
    let time = event.time().and_then(|time| time.timestamp());
    let millis = time.and_then(|time| i64::try_from(time.as_millis()).ok());
    PutEventsRequestEntry::builder()
        .event_bus_name(&bus.bus)
        .source(event.source())
        .detail_type(event.event_type())
        .detail(detail)
        .set_time(millis.map(DateTime::from_millis))
        .set_resources(event.subject().map(|subject| vec![subject.to_owned()]))
        .build()
}

fn of_failure(failure: &AwsFailure) -> DeliveryOutcome {
    match failure {
        AwsFailure::TimedOut => failed(OutcomeName::TimedOut),
        AwsFailure::NoAnswer(_) => failed(OutcomeName::SocketError),
        // Want of credentials is this host's fault, and can be mended.
        AwsFailure::NotAsked(_) => failed(OutcomeName::Unauthorized),
        AwsFailure::Answered { code, status } => {
            let status = StatusCode::from_u16(*status);
            of_code(code, status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        }
    }
}

/// Judges an error by its name, as of the whole call or of the entry, and one that is not known by the answer's status.
///
/// The names are those of the API's common errors and of `PutEventsResultEntry`, which says of each whether it is worth
/// another attempt.
fn of_code(code: &str, status: StatusCode) -> DeliveryOutcome {
    let refused = |outcome| DeliveryOutcome::Refused { outcome };
    let like = |status| classify(status, &HeaderMap::new(), SystemClock.now());
    match code {
        "ThrottlingException"
        | "Throttling"
        | "TooManyRequestsException"
        | "LimitExceededException" => like(StatusCode::TOO_MANY_REQUESTS),
        "InternalException"
        | "InternalFailure"
        | "InternalFailureException"
        | "ServiceUnavailable" => like(StatusCode::SERVICE_UNAVAILABLE),
        "ResourceNotFoundException" => like(StatusCode::NOT_FOUND),
        // The next attempt has newer credentials.
        "ExpiredToken" | "ExpiredTokenException" => failed(OutcomeName::Unauthorized),
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "MissingAuthenticationToken" => refused(OutcomeName::Unauthorized),
        "AccessDeniedException"
        | "NotAuthorized"
        | "NotAuthorizedForSourceException"
        | "NotAuthorizedForDetailTypeException"
        | "InvalidAccountIdException"
        | "OptInRequired" => refused(OutcomeName::Forbidden),
        "ValidationException"
        | "ValidationError"
        | "InvalidArgument"
        | "MalformedDetail"
        | "RedactionFailure" => refused(OutcomeName::BadRequest),
        _ => like(status),
    }
}

const fn failed(outcome: OutcomeName) -> DeliveryOutcome {
    DeliveryOutcome::Failed { outcome, least: Schedule::LEAST }
}

#[cfg(test)]
mod tests {
    use headgate_events::{Data, Json};

    use super::*;

    fn bus() -> EventBridge {
        EventBridge { bus: "orders".into(), region: "eu-west-1".into() }
    }

    #[test]
    fn an_event_keeps_its_id_in_the_detail() {
        let event = Event::new("a-1", "/gateways/one", "com.example.opened").unwrap();
        let event = event.with_subject("/backends/orders").unwrap();
        let event = event.with_data(Data::Json(Json::parse(b"[1,2]").unwrap()), None).unwrap();
        let entry = entry(&bus(), &event);
        assert_eq!(entry.event_bus_name(), Some("orders"));
        assert_eq!(entry.source(), Some("/gateways/one"));
        assert_eq!(entry.detail_type(), Some("com.example.opened"));
        assert_eq!(entry.resources(), ["/backends/orders"]);
        let detail: serde_json::Value = serde_json::from_str(entry.detail().unwrap()).unwrap();
        assert_eq!(detail["id"], "a-1");
        assert_eq!(detail["data"], serde_json::json!([1, 2]));
    }

    #[test]
    fn an_error_of_an_entry_is_judged_as_the_same_error_of_a_call() {
        let internal = StatusCode::INTERNAL_SERVER_ERROR;
        for (code, expected) in [
            ("ThrottlingException", OutcomeName::Busy),
            ("InternalFailure", OutcomeName::Busy),
            ("ResourceNotFoundException", OutcomeName::NotFound),
            ("ExpiredTokenException", OutcomeName::Unauthorized),
            ("SomethingNew", OutcomeName::Busy),
        ] {
            let DeliveryOutcome::Failed { outcome, .. } = of_code(code, internal) else {
                panic!("{code} is final");
            };
            assert_eq!(outcome, expected, "{code}");
        }
        for (code, expected) in [
            ("AccessDeniedException", OutcomeName::Forbidden),
            ("NotAuthorizedForSourceException", OutcomeName::Forbidden),
            ("UnrecognizedClientException", OutcomeName::Unauthorized),
            ("MalformedDetail", OutcomeName::BadRequest),
            ("ValidationException", OutcomeName::BadRequest),
        ] {
            assert_eq!(of_code(code, internal), DeliveryOutcome::Refused { outcome: expected });
        }
        let too_large = StatusCode::PAYLOAD_TOO_LARGE;
        assert_eq!(
            of_code("", too_large),
            DeliveryOutcome::Refused { outcome: OutcomeName::PayloadTooLarge }
        );
    }
}
