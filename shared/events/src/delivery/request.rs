use std::time::Duration;

use headgate_core::{Body, Timestamp};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use sha2::{Digest, Sha256};

use super::shared_access::shared_access_signature;
use super::signature::sign;
use crate::event::Event;
use crate::sinks::{
    Credential, Endpoint, EventGridNamespace, EventGridSchema, EventGridTopic, Mode, Sink, Target,
    Webhook,
};
use crate::write::{Message, NotExpressible, Topic, batch, binary, event_grid, structured};

/// How long a shared access signature is good for: longer than an attempt takes, and than clocks differ.
const SIGNATURE_LIFE: Duration = Duration::from_secs(60 * 60);

/// The version of the API of custom topics (contracts §3.1).
const TOPIC_API_VERSION: &str = "2018-01-01";

/// Why there is no request for a sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The sink is not reached over HTTP.
    #[error("the sink is not reached over HTTP")]
    NotHttp,
    /// There is no event to send.
    #[error("there is no event to send")]
    NoEvent,
    /// The sink takes one event at a time.
    #[error("the sink takes one event at a time")]
    OneAtATime,
    /// The event's data has no place in the sink's schema.
    #[error(transparent)]
    NotExpressible(#[from] NotExpressible),
    /// The address with its path and query is none.
    #[error("the sink's address cannot be asked")]
    Address,
}

/// Makes the request that takes `events` to a sink. Whoever sends it puts in the token of the sink's
/// [`identity`](Sink::identity).
///
/// # Errors
///
/// [`RequestError`] when the sink is not reached over HTTP or the events cannot be said in its form.
pub fn request(
    sink: &Sink,
    events: &[Event],
    now: Timestamp,
) -> Result<Request<Body>, RequestError> {
    let [first, rest @ ..] = events else { return Err(RequestError::NoEvent) };
    let (uri, message) = match &sink.target {
        Target::EventGridTopic(topic) => to_topic(topic, events, now)?,
        Target::EventGridNamespace(namespace) => to_namespace(namespace, events, now)?,
        Target::Webhook(webhook) => {
            let message = match webhook.mode {
                Mode::Batch => batch(events),
                Mode::Structured | Mode::Binary if !rest.is_empty() => {
                    return Err(RequestError::OneAtATime);
                }
                Mode::Structured => structured(first),
                Mode::Binary => binary(first),
            };
            (webhook.endpoint.uri().clone(), signed(webhook, message, events, now))
        }
        Target::EventBridge(_) | Target::Stdout => return Err(RequestError::NotHttp),
    };
    let mut request = Request::new(Body::from(message.body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    *request.headers_mut() = message.headers;
    Ok(request)
}

fn to_topic(
    topic: &EventGridTopic,
    events: &[Event],
    now: Timestamp,
) -> Result<(Uri, Message), RequestError> {
    let mut message = match topic.schema {
        EventGridSchema::EventGrid => event_grid(events, Topic::Omitted, now)?,
        EventGridSchema::CloudEvents => cloud_events(events),
    };
    let path = match topic.endpoint.uri().path() {
        "" | "/" => "/api/events",
        path => path,
    };
    let query = match topic.endpoint.uri().query() {
        Some(query) => query.to_owned(),
        None => format!("api-version={TOPIC_API_VERSION}"),
    };
    let resource = resource(&topic.endpoint, path);
    let headers = &mut message.headers;
    match &topic.credential {
        Credential::Key(key) => insert(headers, "aeg-sas-key", key.expose()),
        Credential::SasKey(key) => {
            let token = shared_access_signature(&resource, now.plus(SIGNATURE_LIFE), key);
            insert(headers, "aeg-sas-token", &token);
        }
        Credential::SasToken(token) => insert(headers, "aeg-sas-token", token.expose()),
        Credential::Identity(_) => {}
    }
    Ok((address(&format!("{resource}?{query}"))?, message))
}

fn to_namespace(
    namespace: &EventGridNamespace,
    events: &[Event],
    now: Timestamp,
) -> Result<(Uri, Message), RequestError> {
    let mut message = cloud_events(events);
    let resource = resource(&namespace.endpoint, &format!("/topics/{}:publish", namespace.topic));
    let authorization = match &namespace.credential {
        Credential::Key(key) => Some(format!("SharedAccessKey {}", key.expose())),
        Credential::SasKey(key) => {
            let token = shared_access_signature(&resource, now.plus(SIGNATURE_LIFE), key);
            Some(format!("SharedAccessSignature {token}"))
        }
        Credential::SasToken(token) => Some(format!("SharedAccessSignature {}", token.expose())),
        Credential::Identity(_) => None,
    };
    if let Some(authorization) = authorization {
        insert(&mut message.headers, AUTHORIZATION.as_str(), &authorization);
    }
    Ok((address(&format!("{resource}?api-version={}", namespace.api_version))?, message))
}

fn cloud_events(events: &[Event]) -> Message {
    match events {
        [only] => structured(only),
        several => batch(several),
    }
}

fn resource(endpoint: &Endpoint, path: &str) -> String {
    let uri = endpoint.uri();
    let (scheme, authority) = (uri.scheme_str().unwrap_or_default(), uri.authority());
    format!("{scheme}://{}{path}", authority.map_or("", |authority| authority.as_str()))
}

fn address(text: &str) -> Result<Uri, RequestError> {
    text.parse().map_err(|_| RequestError::Address)
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    // What a sink's configuration holds was tried as a header's value when it was read.
    if let Ok(mut value) = HeaderValue::from_str(value) {
        value.set_sensitive(true);
        headers.insert(HeaderName::from_static(name), value);
    }
}

fn signed(webhook: &Webhook, mut message: Message, events: &[Event], now: Timestamp) -> Message {
    if let Some(secret) = &webhook.signing {
        sign(&message_id(events), now, &message.body, secret).apply(&mut message.headers);
    }
    message
}

/// The id of a message with these events: of one event its own, if it can be a header's value without a full stop, and
/// otherwise a hash of sources and ids. It is the same at each attempt.
fn message_id(events: &[Event]) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    match events {
        [only] if only.id().bytes().all(plain) && only.id().len() <= 128 => only.id().to_owned(),
        several => {
            let mut hash = Sha256::new();
            for event in several {
                for part in [event.source(), event.id()] {
                    // The length keeps parts apart, as eight bytes on every platform.
                    hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
                    hash.update(part.as_bytes());
                }
            }
            hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
        }
    }
}
