use std::time::Duration;

use headgate_core::Timeout;

use super::credential::{Credential, Identity, SigningSecret};
use super::endpoint::Endpoint;
use crate::filter::Filter;

/// A place that gets events.
#[derive(Clone, Debug, PartialEq)]
pub struct Sink {
    /// The name in the document: 1 to 64 letters, digits, `-` and `_`.
    pub name: String,
    /// What it is and how it is reached.
    pub target: Target,
    /// Which events it gets.
    pub filter: Filter,
    /// How long one attempt may take.
    pub timeout: Timeout,
    /// How often and how long delivery is tried.
    pub retry: RetryPolicy,
}

impl Sink {
    /// Who calls it by a token; `None` when it is called without.
    #[must_use]
    pub const fn identity(&self) -> Option<&Identity> {
        match &self.target {
            Target::EventGridTopic(EventGridTopic { credential, .. })
            | Target::EventGridNamespace(EventGridNamespace { credential, .. }) => match credential
            {
                Credential::Identity(identity) => Some(identity),
                Credential::Key(_) | Credential::SasKey(_) | Credential::SasToken(_) => None,
            },
            Target::Webhook(webhook) => webhook.identity.as_ref(),
            Target::EventBridge(_) | Target::Stdout => None,
        }
    }
}

/// What a sink is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A custom topic of Event Grid (contracts §3.1).
    EventGridTopic(EventGridTopic),
    /// A topic in a namespace of Event Grid (contracts §3.2).
    EventGridNamespace(EventGridNamespace),
    /// Anything that takes CloudEvents over HTTP.
    Webhook(Webhook),
    /// An event bus of AWS.
    EventBridge(EventBridge),
    /// The standard output: one line of JSON for each event.
    Stdout,
}

/// A custom topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventGridTopic {
    /// The topic's endpoint.
    pub endpoint: Endpoint,
    /// By what it knows the publisher.
    pub credential: Credential,
    /// The input schema with which it was made.
    pub schema: EventGridSchema,
}

/// A custom topic's input schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventGridSchema {
    /// Event Grid's own.
    EventGrid,
    /// CloudEvents 1.0.
    CloudEvents,
}

/// A topic in a namespace; it takes CloudEvents alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventGridNamespace {
    /// The namespace's endpoint; its path is empty.
    pub endpoint: Endpoint,
    /// The topic's name.
    pub topic: String,
    /// The version of the API that is asked for.
    pub api_version: String,
    /// By what it knows the publisher.
    pub credential: Credential,
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// The address that takes the events.
    pub endpoint: Endpoint,
    /// The form in which it takes them.
    pub mode: Mode,
    /// What signs the bodies, by Standard Webhooks.
    pub signing: Option<SigningSecret>,
    /// Whose token is sent along.
    pub identity: Option<Identity>,
}

/// The form in which a webhook takes events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One event as JSON.
    Structured,
    /// One event in headers and body.
    Binary,
    /// A JSON array of events.
    Batch,
}

/// An event bus of AWS, which a host reaches through [`Outlets`](crate::Outlets).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventBridge {
    /// The bus's name or ARN.
    pub bus: String,
    /// The region in which it is.
    pub region: String,
}

/// How often and how long delivery to a sink is tried; what ends first ends it (contracts §3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The most attempts: 1 to 30.
    pub max_attempts: u32,
    /// The age at which an event is not tried again: 1 minute to a day. Each event is tried once at least.
    pub time_to_live: Duration,
}

impl Default for RetryPolicy {
    /// 30 attempts within a day.
    fn default() -> Self {
        Self { max_attempts: 30, time_to_live: Duration::from_secs(1_440 * 60) }
    }
}
