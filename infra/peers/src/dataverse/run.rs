use std::net::IpAddr;

use serde_json::{Map, Value};
use url::Url;

use super::config::DataverseConfig;
use super::refused::{Judged, refuse};

/// What `RunDesktopFlow` was asked (contracts §1.2).
#[derive(Debug)]
pub(super) struct RunRequest {
    pub(super) connection: String,
    pub(super) inputs: Value,
    pub(super) callback: Option<String>,
}

const INPUTS_LIMIT: usize = 2 * 1024 * 1024;
const CALLBACK_LIMIT: usize = 2_000;

/// Reads the parameters of the action; one that it has not, or one of another type, is refused.
pub(super) fn read(config: &DataverseConfig, body: &[u8]) -> Judged<RunRequest> {
    let Ok(Value::Object(parameters)) = serde_json::from_slice::<Value>(body) else {
        return refuse(400, "0x80048d19", "Error identified in Payload provided by the user.");
    };
    let known = [
        "runMode",
        "connectionName",
        "runPriority",
        "connectionType",
        "timeout",
        "inputs",
        "callbackUrl",
    ];
    if let Some(other) = parameters.keys().find(|name| !known.contains(&name.as_str())) {
        let message = format!(
            "The parameter '{other}' in the request payload is not a valid parameter for the operation 'RunDesktopFlow'."
        );
        return refuse(400, "0x80048d19", message);
    }
    match text(&parameters, "runMode")? {
        Some("attended" | "unattended") => {}
        _ => return refuse(400, "0x80048d19", "runMode must be attended or unattended."),
    }
    if !matches!(text(&parameters, "runPriority")?, None | Some("normal" | "high")) {
        return refuse(400, "0x80048d19", "runPriority must be normal or high.");
    }
    let seconds = number(&parameters, "timeout")?.unwrap_or(10_800);
    if !(1..=86_400).contains(&seconds) {
        return refuse(400, "0x80048d19", "timeout must be at most 86400 seconds.");
    }
    let Some(connection) = text(&parameters, "connectionName")? else {
        return refuse(400, "0x80048d19", "The parameter connectionName is required.");
    };
    let there = match number(&parameters, "connectionType")?.unwrap_or(1) {
        1 => &config.connections,
        2 => &config.references,
        _ => return refuse(400, "0x80048d19", "connectionType must be 1 or 2."),
    };
    if !there.iter().any(|name| name == connection) {
        return refuse(404, "0x80040217", "The connection was not found.");
    }
    let inputs = match text(&parameters, "inputs")? {
        None => Value::Object(Map::new()),
        Some(inputs) if inputs.len() > INPUTS_LIMIT => {
            return refuse(413, "0x80048d19", "The inputs are too large.");
        }
        Some(inputs) => match serde_json::from_str(inputs) {
            Ok(inputs @ Value::Object(_)) => inputs,
            _ => return refuse(400, "0x80048d19", "inputs must be a JSON object in a string."),
        },
    };
    let callback = match text(&parameters, "callbackUrl")? {
        None => None,
        Some(address) => Some(judged(address, config.takes_loopback_callbacks)?),
    };
    Ok(RunRequest { connection: connection.to_owned(), inputs, callback })
}

/// Judges a callback's address as Dataverse does: https, a DNS name, no loopback (contracts §1.5).
fn judged(address: &str, takes_loopback: bool) -> Judged<String> {
    let parsed = Url::parse(address).ok().filter(|_| address.len() <= CALLBACK_LIMIT);
    let Some(url) = parsed else {
        return refuse(400, "0x80048d19", "callbackUrl is not a URL of at most 2000 characters.");
    };
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_name = bare.parse::<IpAddr>().is_err() && host.contains('.');
    if !takes_loopback && (url.scheme() != "https" || !is_name) {
        return refuse(400, "0x80048d19", "callbackUrl must be an HTTPS URL with a DNS name.");
    }
    Ok(address.to_owned())
}

fn text<'p>(parameters: &'p Map<String, Value>, name: &str) -> Judged<Option<&'p str>> {
    match parameters.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => {
            let message =
                format!("Cannot convert the value of '{name}' to the expected type 'Edm.String'.");
            refuse(400, "0x80048d19", message)
        }
    }
}

fn number(parameters: &Map<String, Value>, name: &str) -> Judged<Option<i64>> {
    match parameters.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) if number.is_i64() => Ok(number.as_i64()),
        Some(_) => {
            let message =
                format!("Cannot convert the value of '{name}' to the expected type 'Edm.Int32'.");
            refuse(400, "0x80048d19", message)
        }
    }
}
