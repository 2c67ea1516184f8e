use std::sync::Arc;

use headgate_core::reply::{page, problem, read_body, store_unavailable};
use headgate_core::{Body, Clock, RetryAfter, Timestamp};
use headgate_events::EventTime;
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::World;
use crate::backends::ErrorReason;
use crate::breaker::{Breaker, Breakers, From, Named};
use crate::judging::{Batch, Outcome, OutcomeId, judge};

const ROUTE: &str = "outcomes";

/// The longest body.
const BODY_LIMIT: usize = 256 * 1024;

/// The most outcomes of one request: as many as a state remembers.
const MOST: usize = 256;

/// Counts outcomes that somebody else measured, and answers once they are stored.
///
/// An outcome is known by its source and id, so a request that is sent again counts nothing twice. Nothing is counted when any
/// of them is wrong.
pub(crate) async fn outcomes<W: World>(breakers: &Arc<Breakers<W>>, body: Body) -> Response<Body> {
    let body = match read_body(body, BODY_LIMIT, ROUTE).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    let reported = match parse(&body, breakers, breakers.ports.clock.now()) {
        Ok(reported) => reported,
        Err(Invalid { status, detail }) => {
            let (title, result) = if status == StatusCode::NOT_FOUND {
                ("there is no such backend", "BackendNotFound")
            } else {
                ("the outcomes are invalid", "RequestInvalid")
            };
            return problem(status, title, detail, (ROUTE, result));
        }
    };
    let mut count = 0;
    for (breaker, outcomes) in &reported {
        let judged = breakers
            .change(breaker, From::Store, |state, now| {
                Some(judge(&breaker.backend, state, Batch { id: None, outcomes }, now))
            })
            .await;
        if let Err(error) = judged {
            let name = &breaker.backend.name;
            breakers.warn(&format_args!("outcomes of backend {name} are not stored: {error}"));
            return store_unavailable(ROUTE);
        }
        count += outcomes.len();
    }
    page(ROUTE, &json!({ "outcomes": count }))
}

/// Why a report is not counted.
#[derive(Debug)]
struct Invalid {
    status: StatusCode,
    detail: String,
}

impl Invalid {
    fn because(detail: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, detail: detail.into() }
    }
}

type Reported = Vec<(Arc<Breaker>, Vec<Outcome>)>;

/// Reads one outcome, or an array of them, and sorts them by backend.
fn parse<W: World>(
    body: &[u8],
    breakers: &Breakers<W>,
    now: Timestamp,
) -> Result<Reported, Invalid> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| Invalid::because(format!("the body is not JSON: {error}")))?;
    let (entries, in_array) = match value {
        Value::Array(entries) => (entries, true),
        entry => (vec![entry], false),
    };
    if entries.len() > MOST {
        return Err(Invalid::because(format!(
            "there are more than {MOST} outcomes: send several requests"
        )));
    }
    let mut reported = Reported::new();
    for (index, entry) in entries.iter().enumerate() {
        let place = if in_array { format!("[{index}]") } else { String::new() };
        let Value::Object(members) = entry else {
            let subject = if in_array { place } else { "the body".to_owned() };
            return Err(Invalid::because(format!("{subject} must be a JSON object")));
        };
        let entry = Entry { place, members };
        let outcome = entry.outcome(now)?;
        let name = entry.required_text("backend", 80)?;
        let Some(Named::Backend(breaker)) = breakers.get(name) else {
            let detail =
                format!("{} names no backend; for a pool, name the member", entry.path("backend"));
            return Err(Invalid { status: StatusCode::NOT_FOUND, detail });
        };
        match reported.iter_mut().find(|(known, _)| Arc::ptr_eq(known, breaker)) {
            Some((_, outcomes)) => outcomes.push(outcome),
            None => reported.push((Arc::clone(breaker), vec![outcome])),
        }
    }
    Ok(reported)
}

const MEMBERS: [&str; 7] =
    ["backend", "id", "source", "time", "status", "errorReason", "retryAfter"];

/// One reported outcome.
struct Entry<'a> {
    place: String,
    members: &'a Map<String, Value>,
}

impl<'a> Entry<'a> {
    fn outcome(&self, now: Timestamp) -> Result<Outcome, Invalid> {
        if let Some(other) = self.members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            let other: String = other.chars().take(80).collect();
            let known = MEMBERS.join(", ");
            let path = self.path(&other.escape_debug().to_string());
            return Err(Invalid::because(format!("{path} is not known; there are {known}")));
        }
        let source = self.text("source", 2_048)?.unwrap_or_default();
        let id = OutcomeId::of(source, self.required_text("id", 256)?);
        let at = match self.text("time", 64)? {
            Some(text) => {
                let time = EventTime::parse(text).and_then(|time| time.timestamp());
                time.ok_or_else(|| {
                    self.wrong("time", "must be a time by RFC 3339, as 2025-04-02T00:47:48Z")
                })?
            }
            None => now,
        };
        let status = match self.get("status") {
            Some(value) => {
                let number = value.as_u64().and_then(|number| u16::try_from(number).ok());
                let status = number.filter(|number| (100..=599).contains(number));
                let status = status.and_then(|number| StatusCode::from_u16(number).ok());
                Some(status.ok_or_else(|| {
                    self.wrong("status", "must be a whole number from 100 to 599")
                })?)
            }
            None => None,
        };
        let error_reason = self.text("errorReason", 200)?.and_then(ErrorReason::parse);
        if status.is_none() && error_reason.is_none() {
            return Err(self.wrong("status", "or errorReason must be given"));
        }
        let retry_after =
            match self.get("retryAfter") {
                Some(value) => {
                    let read = match value {
                        Value::Number(number) => RetryAfter::parse(&number.to_string()),
                        Value::String(text) => RetryAfter::parse(text),
                        _ => None,
                    };
                    Some(read.ok_or_else(|| {
                        self.wrong("retryAfter", "must be seconds or an HTTP date")
                    })?)
                }
                None => None,
            };
        Ok(Outcome { id: Some(id), at, status, error_reason, retry_after })
    }

    /// A member's value; `null` counts as absent.
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str, most: usize) -> Result<Option<&'a str>, Invalid> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let text = value.as_str().filter(|text| (1..=most).contains(&text.chars().count()));
        text.map(Some)
            .ok_or_else(|| self.wrong(name, &format!("must be a text of 1 to {most} characters")))
    }

    fn required_text(&self, name: &str, most: usize) -> Result<&'a str, Invalid> {
        self.text(name, most)?.ok_or_else(|| self.wrong(name, "must be given"))
    }

    fn wrong(&self, name: &str, what: &str) -> Invalid {
        Invalid::because(format!("{} {what}", self.path(name)))
    }

    fn path(&self, name: &str) -> String {
        if self.place.is_empty() { name.to_owned() } else { format!("{}.{name}", self.place) }
    }
}
