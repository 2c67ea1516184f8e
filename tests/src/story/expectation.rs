use std::collections::BTreeMap;

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::Value;

use super::form::Form;
use super::matching::Matching;
use super::names::Names;
use super::steps::HeaderValues;

/// A request that a peer is to get, and what it does then.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    pub(super) request: Told,
    #[serde(default)]
    pub(super) answer: Answer,
    #[serde(default = "once")]
    pub(super) times: usize,
    /// Each instance of a component may send it once more for itself.
    #[serde(default)]
    pub(super) each_instance: bool,
}

/// Without `json`, `form`, `text` and `base64` its body is empty.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Told {
    pub(super) method: String,
    pub(super) path: String,
    #[serde(default)]
    headers: BTreeMap<String, HeaderValues>,
    json: Option<Value>,
    form: Option<Form>,
    text: Option<String>,
    base64: Option<String>,
}

/// Without `json`, `text` and `base64` its body is empty.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, HeaderValues>,
    pub(super) json: Option<Value>,
    pub(super) text: Option<String>,
    pub(super) base64: Option<String>,
    /// What it does in place of answering.
    pub(super) instead: Option<Misdeed>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Misdeed {
    /// Closes the connection.
    BreakOff,
    /// Says nothing.
    Silence,
}

impl Default for Answer {
    fn default() -> Self {
        let headers = BTreeMap::new();
        Self { status: 200, headers, json: None, text: None, base64: None, instead: None }
    }
}

fn once() -> usize {
    1
}

impl Told {
    /// Compares a request with it.
    ///
    /// # Errors
    ///
    /// Everything that does not fit.
    pub(super) fn compare(&self, came: &Request<Bytes>, names: &Names) -> Result<(), Vec<String>> {
        let mut matching = Matching::new(names);
        matching.text("the method", &self.method, came.method().as_str());
        matching.text("the path", &self.path, &came.uri().to_string());
        matching.headers(&self.headers, came.headers());
        match &self.form {
            Some(form) => {
                let content_type = came.headers().get(CONTENT_TYPE);
                let content_type = content_type.and_then(|value| value.to_str().ok());
                form.compare(content_type, came.body(), &mut matching);
            }
            None => {
                let told = (self.json.as_ref(), self.text.as_deref(), self.base64.as_deref());
                matching.body(told, came.body());
            }
        }
        matching.end()
    }
}
