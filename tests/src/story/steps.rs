use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// One step of a case.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// The function is asked, and answers.
    Ask {
        request: Box<Asked>,
        response: Box<Told>,
        /// Whether it is asked until it answers so; between two attempts a tenth of a second passes on a manual clock.
        until: bool,
        /// How often.
        times: usize,
    },
    /// The platform hands over an event.
    Event { event: Value, outcome: EventOutcome },
    /// The clock moves on by so many seconds.
    Advance(u64),
    /// So many requests have arrived at each of these peers, or arrive before long.
    Arrived(BTreeMap<String, usize>),
}

/// What becomes of a platform's event.
#[derive(Clone, Debug)]
pub(super) enum EventOutcome {
    /// It has this result.
    Result(Value),
    /// The function answers it with this status, which fails the invocation.
    Fails(u16),
}

/// A step as a file has it: exactly one of `request`, `event`, `advance` and `arrived`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WrittenStep {
    request: Option<Asked>,
    response: Option<Told>,
    until: bool,
    times: Option<usize>,
    event: Option<Value>,
    result: Option<Value>,
    fails: Option<u16>,
    advance: Option<u64>,
    arrived: Option<BTreeMap<String, usize>>,
}

/// A request to the function.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    #[serde(default = "get")]
    pub(super) method: String,
    pub(super) path: String,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, HeaderValues>,
    pub(super) json: Option<Value>,
    pub(super) text: Option<String>,
    pub(super) base64: Option<String>,
    pub(super) sign: Option<Signing>,
}

/// How a request's body is signed by Standard Webhooks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signing {
    /// The secret, as `whsec_…`.
    pub(super) secret: String,
    /// How many seconds ago.
    #[serde(default)]
    pub(super) ago: u64,
}

/// What the function answers. Without `json`, `text`, `base64` and `problem` it answers nothing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Told {
    pub(super) status: u16,
    /// Headers that are there; `null`: are not.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, HeaderValues>,
    pub(super) json: Option<Value>,
    pub(super) text: Option<String>,
    pub(super) base64: Option<String>,
    pub(super) problem: Option<Problem>,
    /// What the function's log says that it decided.
    pub(super) logged: Option<String>,
}

/// A problem document (RFC 9457): it has the status too, its own content type, and no cache may keep it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Problem {
    pub(super) title: String,
    pub(super) detail: Option<String>,
}

/// A header's value or values; none: it is not there.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum HeaderValues {
    None,
    One(String),
    Many(Vec<String>),
}

fn get() -> String {
    "GET".to_owned()
}

impl HeaderValues {
    pub(super) fn all(&self) -> &[String] {
        match self {
            Self::None => &[],
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

impl WrittenStep {
    /// Makes the step.
    ///
    /// # Errors
    ///
    /// What is missing or too much.
    pub(super) fn read(self) -> Result<Step, String> {
        let Self { request, response, until, times, event, result, fails, advance, arrived } = self;
        let is_plain = !until && times.is_none();
        match (request, response, event, result, fails, advance, arrived) {
            (Some(request), Some(response), None, None, None, None, None) => Ok(Step::Ask {
                request: Box::new(request),
                response: Box::new(response),
                until,
                times: times.unwrap_or(1),
            }),
            (None, None, Some(event), Some(result), None, None, None) if is_plain => {
                Ok(Step::Event { event, outcome: EventOutcome::Result(result) })
            }
            (None, None, Some(event), None, Some(status), None, None) if is_plain => {
                Ok(Step::Event { event, outcome: EventOutcome::Fails(status) })
            }
            (None, None, None, None, None, Some(seconds), None) if is_plain => {
                Ok(Step::Advance(seconds))
            }
            (None, None, None, None, None, None, Some(counts)) if is_plain => {
                Ok(Step::Arrived(counts))
            }
            _ => Err(
                "a step is request and response, event and result or fails, advance, or arrived"
                    .to_owned(),
            ),
        }
    }
}

impl Step {
    /// One request and its answer: a case of one step.
    pub(super) fn single(request: Asked, response: Told) -> Self {
        let (request, response) = (Box::new(request), Box::new(response));
        Self::Ask { request, response, until: false, times: 1 }
    }
}
