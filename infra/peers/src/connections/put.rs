use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{ConnectionsConfig, Refused, refused, text, wrapped};
use crate::issuer::Guid;
use crate::peer::Asked;

const RUN_OWNER: &str = "azureRelayRunOwner";
const CLIENT: &str = "tokenRunOwnerCert:clientId";
const CERTIFICATE: &str = "tokenRunOwnerCert:clientCertificateSecret";

fn bad(message: &str) -> Refused {
    wrapped("InvalidConnection", message)
}

/// Whether a connection has an application that owns its runs: one that has keeps it (contracts §2.3).
pub(super) fn has_run_owner(properties: &Value) -> bool {
    let name = properties.pointer("/connectionParametersSet/name");
    name.and_then(Value::as_str) == Some(RUN_OWNER)
}

/// Reads the body of a `PUT` (contracts §2.2), and gives its properties.
pub(super) fn judged(config: &ConnectionsConfig, asked: &Asked) -> Result<Value, Refused> {
    let media_type = asked.header("content-type").unwrap_or_default().split(';').next();
    if media_type.map(str::trim) != Some("application/json") {
        return Err(refused(
            415,
            "UnsupportedMediaType",
            "The content type must be application/json.",
        ));
    }
    let body: Value =
        serde_json::from_slice(&asked.body).map_err(|_| bad("The body is not JSON."))?;
    let body = members(&body, &["properties"], "The body")?;
    let all = body.get("properties").ok_or_else(|| bad("properties is missing."))?;
    let known = ["environment", "displayName", "credentialId", "connectionParametersSet"];
    let properties = members(all, &known, "properties")?;
    let environment = &config.environment;
    let expected = json!({
        "id": format!("/providers/Microsoft.PowerApps/environments/{environment}"),
        "name": environment,
    });
    if properties.get("environment") != Some(&expected) {
        return Err(bad("environment is another one."));
    }
    if properties.get("displayName").is_some_and(|name| !name.is_string()) {
        return Err(bad("displayName is no text."));
    }
    let set = properties.get("connectionParametersSet");
    let set = set.ok_or_else(|| bad("connectionParametersSet is missing."))?;
    let set = members(set, &["name", "values"], "connectionParametersSet")?;
    let name = set.get("name").and_then(Value::as_str).unwrap_or_default();
    let allowed: &[&str] = match name {
        "azureRelay" => &["username", "password", "targetId"],
        RUN_OWNER => &["username", "password", "targetId", CLIENT, CERTIFICATE],
        "passwordlessAttended" => &["targetId"],
        _ => return Err(bad("The parameter set is unknown.")),
    };
    let values = set.get("values").ok_or_else(|| bad("values is missing."))?;
    let values = members(values, allowed, "values")?;
    for name in allowed {
        let value = values.get(*name).ok_or_else(|| bad(&format!("{name} is missing.")))?;
        let value = members(value, &["value"], name)?.get("value");
        let is_right = match (*name, value) {
            (CERTIFICATE, Some(certificate)) => is_certificate(certificate),
            (CLIENT, Some(Value::String(id))) => id.parse::<Guid>().is_ok(),
            (_, Some(Value::String(text))) => !text.is_empty(),
            _ => false,
        };
        if !is_right {
            return Err(bad(&format!("The value of {name} is none.")));
        }
    }
    credential(properties.get("credentialId"), values)?;
    let target = text(values, "targetId").and_then(|id| id.parse::<Guid>().ok());
    if !target.is_some_and(|target| config.machine_groups.contains(&target)) {
        return Err(wrapped("XrmMachineGroupNotFound", "The machine group was not found."));
    }
    Ok(all.clone())
}

/// With a credential of the environment, user and password are names of its variables, or the password is `none`; without one
/// they are themselves.
fn credential(id: Option<&Value>, values: &Map<String, Value>) -> Result<(), Refused> {
    let is_variable = |name| {
        let inner = text(values, name)?.strip_prefix("@environmentVariables(\"")?;
        inner.strip_suffix("\")").filter(|name| !name.is_empty())
    };
    let (user, password) = (is_variable("username").is_some(), is_variable("password").is_some());
    match id {
        None if user || password => Err(bad("Environment variables need a credentialId.")),
        None => Ok(()),
        Some(Value::String(id)) if id.parse::<Guid>().is_ok() => {
            if user && (password || text(values, "password") == Some("none")) {
                Ok(())
            } else {
                Err(bad("A credential needs environment variables."))
            }
        }
        Some(_) => Err(bad("credentialId is none.")),
    }
}

/// A PFX file in base64, and its password, which may be empty.
fn is_certificate(value: &Value) -> bool {
    let Ok(certificate) = members(value, &["pfx", "password"], "") else { return false };
    let pfx = certificate.get("pfx").and_then(Value::as_str).unwrap_or_default();
    let is_pfx = STANDARD.decode(pfx).is_ok_and(|bytes| !bytes.is_empty());
    is_pfx && certificate.get("password").is_some_and(Value::is_string)
}

/// An object that has no other members than these.
fn members<'v>(
    value: &'v Value,
    known: &[&str],
    name: &str,
) -> Result<&'v Map<String, Value>, Refused> {
    let members = value.as_object().ok_or_else(|| bad(&format!("{name} is no object.")))?;
    match members.keys().find(|member| !known.contains(&member.as_str())) {
        Some(member) => Err(bad(&format!("{name} has no member {member}."))),
        None => Ok(members),
    }
}
