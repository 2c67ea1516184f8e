use std::time::Duration;

use headgate_core::Timestamp;
use serde_json::{Map, Value, json};

use super::config::Ending;
use crate::issuer::Guid;

/// A flow session.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are Dataverse's")]
pub struct Session {
    pub id: Guid,
    pub flow: Guid,
    pub connection: String,
    pub inputs: Value,
    pub callback: Option<String>,
    pub created: Timestamp,
    pub status: i32,
    pub completed: Option<Timestamp>,
    pub error: Option<(String, String)>,
    pub outputs: Value,
    /// How it ends by itself, and when.
    pub(super) ends: Option<(Timestamp, Ending)>,
    /// How often it was asked to stop.
    pub cancels: usize,
}

/// A callback that is to be made.
#[derive(Clone, Debug)]
pub struct Callback {
    /// Where to.
    pub address: String,
    /// The flow: `x-ms-workflow-id`.
    pub flow: Guid,
    /// The session: `x-ms-run-id`.
    pub session: Guid,
    /// The body (contracts §1.5).
    pub body: String,
}

/// Statuses from which a session does not come back.
const ENDED: [i32; 10] = [4, 5, 7, 8, 9, 10, 11, 12, 13, 14];

impl Session {
    /// Whether it has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        ENDED.contains(&self.status)
    }

    /// Ends it, if it has not ended; the callback that is owed then.
    pub(super) fn end(&mut self, ending: &Ending, now: Timestamp) -> Option<Callback> {
        if self.has_ended() {
            return None;
        }
        self.status = ending.status;
        self.error.clone_from(&ending.error);
        self.outputs = filled(&ending.outputs, &self.inputs);
        self.ends = None;
        if !self.has_ended() {
            return None;
        }
        self.completed = Some(now);
        let address = self.callback.clone()?;
        let body = json!({
            "statuscode": self.status,
            "statecode": 0,
            "startedon": seconds(self.created),
            "completedon": seconds(now),
            "flowsessionid": self.id.to_string(),
        });
        Some(Callback { address, flow: self.flow, session: self.id, body: body.to_string() })
    }

    /// The row with these columns; `None` for a column that there is not.
    pub(super) fn row(&self, columns: &[&str]) -> Option<Value> {
        let mut row = Map::from_iter([("@odata.etag".to_owned(), json!("W/\"1\""))]);
        for column in columns {
            let value = match *column {
                "flowsessionid" => json!(self.id.to_string()),
                "statuscode" => json!(self.status),
                "statecode" => json!(i32::from(matches!(self.status, 0 | 13 | 14))),
                "startedon" => json!(seconds(self.created)),
                "createdon" => json!(seconds(self.created)),
                "completedon" => json!(self.completed.map(seconds)),
                "errorcode" => json!(self.error.as_ref().map(|(code, _)| code)),
                "errormessage" => json!(self.error.as_ref().map(|(_, message)| message)),
                "callbackurl" => json!(self.callback),
                "_regardingobjectid_value" => json!(self.flow.to_string()),
                _ => return None,
            };
            row.insert((*column).to_owned(), value);
        }
        // The key is there whether it was selected or not.
        row.insert("flowsessionid".to_owned(), json!(self.id.to_string()));
        Some(Value::Object(row))
    }
}

/// A time as Dataverse shows it: whole seconds.
fn seconds(moment: Timestamp) -> String {
    let text = Timestamp::since_epoch(Duration::from_secs(moment.as_secs())).to_string();
    text.replace(".000Z", "Z")
}

/// Puts inputs into texts as `${NAME}`.
fn filled(outputs: &Value, inputs: &Value) -> Value {
    match outputs {
        Value::String(text) => {
            let mut text = text.clone();
            for (name, value) in inputs.as_object().into_iter().flatten() {
                let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                text = text.replace(&format!("${{{name}}}"), &shown);
            }
            Value::String(text)
        }
        Value::Object(members) => Value::Object(
            members.iter().map(|(name, value)| (name.clone(), filled(value, inputs))).collect(),
        ),
        other => other.clone(),
    }
}
