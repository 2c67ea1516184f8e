use serde_json::{Map, Value, json};

use super::record::{Phase, Run, Seen};
use super::status::Status;

/// Shows a run to a caller: without inputs, outputs and the callback's address.
#[must_use]
pub fn view(id: &str, run: &Run) -> Value {
    let order = &run.order;
    let mut flow = Map::from_iter([("id".to_owned(), json!(order.flow))]);
    flow.extend(order.flow_name.as_ref().map(|name| ("name".to_owned(), json!(name))));
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            shown.insert(name.to_owned(), value);
        }
    };
    put("id", json!(id));
    put("state", json!(run.state()));
    put("flow", Value::Object(flow));
    put("mode", json!(order.mode));
    put("priority", json!(order.priority));
    put("connection", json!(order.connection));
    put("connectionType", json!(order.connection_type));
    put("timeout", json!(order.timeout));
    put("createdOn", json!(run.created.timestamp().to_string()));
    put("attempts", json!(run.attempts));
    put("session", json!(run.session()));
    put("cancelRequested", if run.cancel { json!(true) } else { Value::Null });
    put("note", json!(run.note));
    match &run.phase {
        Phase::Started { seen, .. } => put_seen(&mut put, seen.as_ref()),
        Phase::Finished { seen, at, failure, .. } => {
            put_seen(&mut put, seen.as_ref());
            put("finishedOn", json!(at.timestamp().to_string()));
            put("failure", json!(failure));
        }
        Phase::Queued { due } => put("notBefore", json!(due.timestamp().to_string())),
        Phase::Sending { .. } | Phase::Doubtful { .. } => {}
    }
    Value::Object(shown)
}

fn put_seen(put: &mut impl FnMut(&str, Value), seen: Option<&Seen>) {
    let Some(seen) = seen else { return };
    let status = Status::of(seen.status);
    put("status", json!({ "name": status.name, "number": status.number }));
    put("startedOn", json!(seen.started_on));
    put("completedOn", json!(seen.completed_on));
}
