use std::collections::HashSet;
use std::time::Duration;

use headgate_core::{Secret, Timeout};
use http::HeaderValue;

use super::credential::{Credential, Identity, SasKey, SigningSecret};
use super::endpoint::Endpoint;
use super::sink::{
    EventBridge, EventGridNamespace, EventGridSchema, EventGridTopic, Mode, RetryPolicy, Sink,
    Target, Webhook,
};
use crate::document::{Content, DocumentError, DocumentErrorKind, Fields, Position, Table};
use crate::filter::Filter;
use crate::tokens::KnownCredentials;

/// The most sinks: each adds to every entry of the outbox, whose size is limited.
const MOST_SINKS: usize = 32;

/// The keys that a sink of any kind may have.
const COMMON: [&str; 6] =
    ["kind", "filter", "connect-timeout-seconds", "timeout-seconds", "max-attempts", "ttl-minutes"];

/// Those of them that say how long a call may take.
const TIMEOUTS: [&str; 2] = ["connect-timeout-seconds", "timeout-seconds"];

/// The version of the API that a namespace topic is asked for, when the document names none (contracts §3.2).
const NAMESPACE_API_VERSION: &str = "2023-11-01";

/// What a token for Event Grid is for, when the document does not say (contracts §3.1, §3.2).
const EVENT_GRID_SCOPE: &str = "https://eventgrid.azure.net/.default";

#[derive(Clone, Copy)]
enum Kind {
    EventGridTopic,
    EventGridNamespace,
    Webhook,
    EventBridge,
    Stdout,
}

impl Kind {
    const ALL: [(&'static str, Self); 5] = [
        ("event-grid-topic", Self::EventGridTopic),
        ("event-grid-namespace", Self::EventGridNamespace),
        ("webhook", Self::Webhook),
        ("event-bridge", Self::EventBridge),
        ("stdout", Self::Stdout),
    ];

    /// The keys that only this kind has.
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::EventGridTopic => {
                &["url", "key", "sas-key", "sas-token", "credential", "scope", "schema"]
            }
            Self::EventGridNamespace => &[
                "url",
                "topic",
                "key",
                "sas-key",
                "sas-token",
                "credential",
                "scope",
                "api-version",
            ],
            Self::Webhook => &["url", "mode", "secret", "credential", "scope"],
            Self::EventBridge => &["bus", "region"],
            Self::Stdout => &[],
        }
    }
}

/// Reads the sinks of a document whose references are put in.
pub(super) fn read(
    root: &Table,
    known: &impl KnownCredentials,
) -> Result<Vec<Sink>, DocumentError> {
    if root.entries.len() > MOST_SINKS {
        let kind = DocumentErrorKind::TooMany { most: MOST_SINKS };
        return Err(kind.at(Position::START, ""));
    }
    root.entries
        .iter()
        .map(|entry| {
            let position = entry.value.position;
            if !is_name(&entry.key) {
                let expected = "a name of 1 to 64 letters, digits, - and _";
                return Err(DocumentErrorKind::Malformed { expected }.at(position, &entry.key));
            }
            match &entry.value.content {
                Content::Table(table) => sink(&entry.key, position, table, known),
                _ => {
                    let expected = "a table: a sink stands under [its name]";
                    Err(DocumentErrorKind::WrongType { expected }.at(position, &entry.key))
                }
            }
        })
        .collect()
}

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(allowed)
}

fn sink(
    name: &str,
    position: Position,
    table: &Table,
    credentials: &impl KnownCredentials,
) -> Result<Sink, DocumentError> {
    let every: HashSet<_> = COMMON
        .into_iter()
        .chain(Kind::ALL.iter().flat_map(|(_, kind)| kind.keys()).copied())
        .collect();
    let every: Vec<_> = every.into_iter().collect();
    // The kind first: which keys there may be depends on it.
    let listed = "event-grid-topic, event-grid-namespace, webhook, event-bridge or stdout";
    let kind = Fields::of(table, name, position, &every).and_then(|fields| {
        let kind = fields.choice("kind", &Kind::ALL, listed)?;
        kind.ok_or_else(|| fields.wrong("kind", DocumentErrorKind::Missing))
    })?;
    if let Kind::Stdout = kind {
        let every = Fields::of(table, name, position, &every)?;
        if let Some(key) = TIMEOUTS.into_iter().find(|key| every.get(key).is_some()) {
            let reason = "is for a sink that is called; the standard output is only written to";
            return Err(every.wrong(key, DocumentErrorKind::Conflict { reason }));
        }
    }
    let known: Vec<_> = COMMON.into_iter().chain(kind.keys().iter().copied()).collect();
    let fields = Fields::of(table, name, position, &known)?;
    Ok(Sink {
        name: name.to_owned(),
        target: target(kind, &fields, credentials)?,
        filter: Filter::from_fields(&fields)?,
        timeout: timeout(&fields)?,
        retry: retry(&fields)?,
    })
}

fn target(
    kind: Kind,
    fields: &Fields<'_>,
    known: &impl KnownCredentials,
) -> Result<Target, DocumentError> {
    Ok(match kind {
        Kind::EventGridTopic => {
            let schemas = [
                ("event-grid", EventGridSchema::EventGrid),
                ("cloud-events", EventGridSchema::CloudEvents),
            ];
            let schema = fields.choice("schema", &schemas, "event-grid or cloud-events")?;
            Target::EventGridTopic(EventGridTopic {
                endpoint: endpoint(fields)?,
                credential: credential(fields, known)?,
                schema: schema.unwrap_or(EventGridSchema::EventGrid),
            })
        }
        Kind::EventGridNamespace => Target::EventGridNamespace(EventGridNamespace {
            endpoint: namespace(fields)?,
            topic: plain(fields, "topic", fields.required_text("topic")?)?,
            api_version: plain(
                fields,
                "api-version",
                fields.text("api-version")?.unwrap_or(NAMESPACE_API_VERSION),
            )?,
            credential: credential(fields, known)?,
        }),
        Kind::Webhook => Target::Webhook(webhook(fields, known)?),
        Kind::EventBridge => Target::EventBridge(EventBridge {
            bus: fields.required_text("bus")?.to_owned(),
            region: plain(fields, "region", fields.required_text("region")?)?,
        }),
        Kind::Stdout => Target::Stdout,
    })
}

fn webhook(fields: &Fields<'_>, known: &impl KnownCredentials) -> Result<Webhook, DocumentError> {
    let modes =
        [("structured", Mode::Structured), ("binary", Mode::Binary), ("batch", Mode::Batch)];
    let mode = fields.choice("mode", &modes, "structured, binary or batch")?;
    let mode = mode.unwrap_or(Mode::Structured);
    let signing = fields
        .text("secret")?
        .map(|text| {
            let expected = "whsec_ and base64 of 24 to 64 bytes";
            SigningSecret::parse(text)
                .ok_or_else(|| fields.wrong("secret", DocumentErrorKind::Malformed { expected }))
        })
        .transpose()?;
    if signing.is_some() && mode == Mode::Binary {
        // In binary mode the attributes are headers, which no signature would cover.
        let reason = "signs the body alone: with a secret, mode must be structured or batch";
        return Err(fields.wrong("secret", DocumentErrorKind::Conflict { reason }));
    }
    let identity = match fields.get("credential") {
        Some(_) => Some(identity(fields, known, None)?),
        None => None,
    };
    lone_scope(fields)?;
    Ok(Webhook { endpoint: endpoint(fields)?, mode, signing, identity })
}

fn endpoint(fields: &Fields<'_>) -> Result<Endpoint, DocumentError> {
    Endpoint::parse(fields.required_text("url")?).map_err(|kind| fields.wrong("url", kind))
}

fn namespace(fields: &Fields<'_>) -> Result<Endpoint, DocumentError> {
    let endpoint = endpoint(fields)?;
    if endpoint.uri().path().trim_end_matches('/').is_empty() && endpoint.uri().query().is_none() {
        return Ok(endpoint);
    }
    let expected = "the namespace's address without a path; the topic is a key of its own";
    Err(fields.wrong("url", DocumentErrorKind::Malformed { expected }))
}

/// A value that stands in a path or a query as it is.
fn plain(fields: &Fields<'_>, key: &str, text: &str) -> Result<String, DocumentError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if text.bytes().all(allowed) && text.len() <= 64 {
        return Ok(text.to_owned());
    }
    let expected = "1 to 64 letters, digits, -, _ and .";
    Err(fields.wrong(key, DocumentErrorKind::Malformed { expected }))
}

const CREDENTIALS: [&str; 4] = ["key", "sas-key", "sas-token", "credential"];

/// A scope belongs to a credential.
fn lone_scope(fields: &Fields<'_>) -> Result<(), DocumentError> {
    if fields.get("scope").is_some() && fields.get("credential").is_none() {
        let reason = "says what a token is for, and there is no credential to have one";
        return Err(fields.wrong("scope", DocumentErrorKind::Conflict { reason }));
    }
    Ok(())
}

fn identity(
    fields: &Fields<'_>,
    known: &impl KnownCredentials,
    default: Option<&str>,
) -> Result<Identity, DocumentError> {
    let credential = fields.required_text("credential")?;
    let wrong = |key| move |reason| fields.wrong(key, DocumentErrorKind::Conflict { reason });
    known.judge_credential(credential).map_err(wrong("credential"))?;
    let scope = match (fields.text("scope")?, default) {
        (Some(scope), _) | (None, Some(scope)) => scope,
        (None, None) => return Err(fields.wrong("scope", DocumentErrorKind::Missing)),
    };
    known.judge_scope(scope).map_err(wrong("scope"))?;
    Ok(Identity { credential: credential.to_owned(), scope: scope.to_owned() })
}

fn credential(
    fields: &Fields<'_>,
    known: &impl KnownCredentials,
) -> Result<Credential, DocumentError> {
    let mut given = CREDENTIALS.into_iter().filter(|key| fields.get(key).is_some());
    let Some(key) = given.next() else {
        let choices = "key, sas-key, sas-token and credential";
        return Err(fields.wrong_table(DocumentErrorKind::NoneOf { choices }));
    };
    if let Some(other) = given.next() {
        return Err(fields.wrong(key, DocumentErrorKind::Excluded { other }));
    }
    lone_scope(fields)?;
    let text = fields.required_text(key)?.trim();
    match key {
        "credential" => identity(fields, known, Some(EVENT_GRID_SCOPE)).map(Credential::Identity),
        "sas-key" => {
            let expected = "an access key in base64";
            SasKey::parse(text)
                .map(Credential::SasKey)
                .ok_or_else(|| fields.wrong(key, DocumentErrorKind::Malformed { expected }))
        }
        _ if HeaderValue::from_str(text).is_err() => {
            let expected = "printable ASCII";
            Err(fields.wrong(key, DocumentErrorKind::Malformed { expected }))
        }
        "sas-token" => Ok(Credential::SasToken(Secret::new(text))),
        _ => Ok(Credential::Key(Secret::new(text))),
    }
}

fn timeout(fields: &Fields<'_>) -> Result<Timeout, DocumentError> {
    let seconds = |seconds: i64| Duration::from_secs(seconds.unsigned_abs());
    let connect = seconds(fields.integer("connect-timeout-seconds", 1..=60, 10)?);
    let answer = seconds(fields.integer("timeout-seconds", 1..=120, 30)?);
    Ok(Timeout { connect, first_byte: answer, between_bytes: answer })
}

fn retry(fields: &Fields<'_>) -> Result<RetryPolicy, DocumentError> {
    let attempts = fields.integer("max-attempts", 1..=30, 30)?;
    let minutes = fields.integer("ttl-minutes", 1..=1_440, 1_440)?;
    Ok(RetryPolicy {
        max_attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
        time_to_live: Duration::from_secs(minutes.unsigned_abs() * 60),
    })
}
