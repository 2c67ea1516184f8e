use std::time::Duration;

use headgate_core::Timeout;
use headgate_events::document::{
    Content, DocumentError, DocumentErrorKind, Entry, Fields, Position, Table,
};
use headgate_events::{Endpoint, Filter, Sinks};
use http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TE, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::rule::{FunctionCall, Mode, Rule, Then, Webhook};

/// The most rules: each adds to every record, whose size is limited.
const MOST_RULES: usize = 32;

/// The most headers of a webhook.
const MOST_HEADERS: usize = 32;

const HANDLERS: &str = "webhook, function and sink";

/// Reads the rules of a document whose references are put in.
pub(super) fn read(
    root: Table,
    sinks: &Sinks,
    collection: &Endpoint,
) -> Result<Vec<Rule>, DocumentError> {
    if root.entries.len() > MOST_RULES {
        return Err(DocumentErrorKind::TooMany { most: MOST_RULES }.at(Position::START, ""));
    }
    if root.entries.is_empty() {
        let choices = "at least one rule, which stands under [its name]";
        return Err(DocumentErrorKind::NoneOf { choices }.at(Position::START, ""));
    }
    let rule = |entry: Entry| {
        let position = entry.value.position;
        if !is_name(&entry.key) {
            let expected = "a name of 1 to 64 letters, digits, - and _";
            return Err(DocumentErrorKind::Malformed { expected }.at(position, &entry.key));
        }
        match entry.value.content {
            Content::Table(table) => rule(entry.key, position, table, sinks, collection),
            Content::Text(_)
            | Content::Integer(_)
            | Content::Boolean(_)
            | Content::List(_)
            | Content::Other => {
                let expected = "a table: a rule stands under [its name]";
                Err(DocumentErrorKind::WrongType { expected }.at(position, &entry.key))
            }
        }
    };
    root.entries.into_iter().map(rule).collect()
}

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(allowed)
}

fn rule(
    name: String,
    position: Position,
    mut table: Table,
    sinks: &Sinks,
    collection: &Endpoint,
) -> Result<Rule, DocumentError> {
    let then = {
        let fields = Fields::of(&table, &name, position, &["when", "then"])?;
        let Some(then) = fields.table("then", &["webhook", "function", "sink"])? else {
            return Err(fields.wrong("then", DocumentErrorKind::Missing));
        };
        read_then(&then, sinks, collection)?
    };
    // A filter is read under the key that it has in the sinks document; an error names the key that it has here.
    for entry in table.entries.iter_mut().filter(|entry| entry.key == "when") {
        "filter".clone_into(&mut entry.key);
    }
    let fields = Fields::of(&table, &name, position, &["filter", "then"])?;
    let when = Filter::from_fields(&fields).map_err(|mut error| {
        error.key = error.key.replacen(&format!("{name}.filter"), &format!("{name}.when"), 1);
        error
    })?;
    Ok(Rule { name, when, then })
}

fn read_then(
    fields: &Fields<'_>,
    sinks: &Sinks,
    collection: &Endpoint,
) -> Result<Then, DocumentError> {
    let mut given =
        ["webhook", "function", "sink"].into_iter().filter(|key| fields.get(key).is_some());
    let Some(kind) = given.next() else {
        return Err(fields.wrong_table(DocumentErrorKind::NoneOf { choices: HANDLERS }));
    };
    if let Some(other) = given.next() {
        return Err(fields.wrong(kind, DocumentErrorKind::Excluded { other }));
    }
    if kind == "sink" {
        return sink(fields, sinks);
    }
    let keys: &[&'static str] = if kind == "webhook" {
        &["url", "headers", "mode", "timeout-seconds", "connect-timeout-seconds"]
    } else {
        &["name", "path", "timeout-seconds", "connect-timeout-seconds"]
    };
    let Some(table) = fields.table(kind, keys)? else {
        return Err(fields.wrong(kind, DocumentErrorKind::Missing));
    };
    if kind == "webhook" {
        webhook(&table).map(Then::Webhook)
    } else {
        function(&table, collection).map(Then::Function)
    }
}

fn sink(fields: &Fields<'_>, sinks: &Sinks) -> Result<Then, DocumentError> {
    match sinks.get(fields.required_text("sink")?) {
        Some(sink) => Ok(Then::Sink(Box::new(sink.clone()))),
        None => {
            let reason = "is no name of the variable sinks";
            Err(fields.wrong("sink", DocumentErrorKind::Conflict { reason }))
        }
    }
}

fn webhook(fields: &Fields<'_>) -> Result<Webhook, DocumentError> {
    let address =
        Endpoint::parse(fields.required_text("url")?).map_err(|kind| fields.wrong("url", kind))?;
    let modes = [("structured", Mode::Structured), ("binary", Mode::Binary)];
    let mode = fields.choice("mode", &modes, "structured or binary")?;
    Ok(Webhook {
        address,
        headers: headers(fields)?,
        mode: mode.unwrap_or(Mode::Structured),
        timeout: timeout(fields)?,
    })
}

fn headers(fields: &Fields<'_>) -> Result<HeaderMap, DocumentError> {
    let wrong = |expected| fields.wrong("headers", DocumentErrorKind::WrongType { expected });
    let entries = match fields.get("headers").map(|value| &value.content) {
        None => return Ok(HeaderMap::new()),
        Some(Content::Table(table)) => &table.entries,
        Some(_) => return Err(wrong("a table of headers, each with a string")),
    };
    if entries.len() > MOST_HEADERS {
        return Err(fields.wrong("headers", DocumentErrorKind::TooMany { most: MOST_HEADERS }));
    }
    let mut headers = HeaderMap::new();
    for entry in entries {
        let Content::Text(text) = &entry.value.content else {
            return Err(wrong("a table of headers, each with a string"));
        };
        let name = HeaderName::try_from(entry.key.as_str()).ok();
        let Some(name) = name.filter(is_free) else {
            return Err(wrong("a table of headers that the event and the connection leave free"));
        };
        let Ok(mut value) = HeaderValue::from_str(text) else {
            return Err(wrong("a table of headers whose values are printable ASCII"));
        };
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

/// Whether a header is neither the event's, nor the trace's, nor the connection's.
fn is_free(name: &HeaderName) -> bool {
    let taken = [CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TE, TRANSFER_ENCODING, UPGRADE];
    let name_text = name.as_str();
    let of_event_or_trace =
        name_text.starts_with("ce-") || matches!(name_text, "traceparent" | "tracestate");
    !taken.contains(name) && !of_event_or_trace
}

fn function(fields: &Fields<'_>, collection: &Endpoint) -> Result<FunctionCall, DocumentError> {
    let malformed = |key, expected| fields.wrong(key, DocumentErrorKind::Malformed { expected });
    let name = fields.required_text("name")?;
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.len() > 64 || !name.bytes().all(allowed) {
        return Err(malformed("name", "a function's name, as desktop-flow"));
    }
    if name == "event-subscription" {
        let reason = "would send the event back to where it came from; name another function";
        return Err(fields.wrong("name", DocumentErrorKind::Conflict { reason }));
    }
    let path = fields.required_text("path")?;
    let climbs = path.split(['/', '?']).any(|segment| segment == "..");
    let base = collection.uri().to_string();
    let base = base.trim_end_matches('/');
    let address = Endpoint::parse_internal(&format!("{base}/{name}{path}")).ok();
    match address.filter(|_| path.starts_with('/') && !climbs) {
        Some(address) => Ok(FunctionCall { address, timeout: timeout(fields)? }),
        None => Err(malformed("path", "a path within the function, as /runs/nightly")),
    }
}

fn timeout(fields: &Fields<'_>) -> Result<Timeout, DocumentError> {
    let seconds = |seconds: i64| Duration::from_secs(seconds.unsigned_abs());
    let connect = seconds(fields.integer("connect-timeout-seconds", 1..=60, 5)?);
    // Event Grid waits 30 seconds for its answer (contracts §3.6).
    let answer = seconds(fields.integer("timeout-seconds", 1..=120, 20)?);
    Ok(Timeout { connect, first_byte: answer, between_bytes: answer })
}
