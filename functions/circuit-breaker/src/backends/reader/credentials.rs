use headgate_core::Secret;
use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderName, HeaderValue};

use crate::backends::credentials::Credentials;
use crate::backends::error::{BackendsErrorKind, Fault};
use crate::backends::table::Table;
use crate::backends::tree::{Node, Value};

/// The most values that one name has.
const VALUES: usize = 100;

/// The longest value, in characters as they stand in the document.
const LONGEST: usize = 4_096;

/// Names that belong to the connection or to the message's framing (RFC 9110 §7.6.1, RFC 9112 §6).
const OF_THE_CONNECTION: [HeaderName; 7] =
    [CONNECTION, CONTENT_LENGTH, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

pub(super) fn read(node: &Node) -> Result<Credentials, Fault> {
    let table = Table::of(
        node,
        &["query", "header", "authorization", "certificateIds", "certificate", "managedIdentity"],
    )?;
    let refused = [
        ("certificateIds", "no client certificate can be presented here"),
        ("certificate", "no client certificate can be presented here"),
        ("managedIdentity", "no token of a managed identity can be sent here"),
    ];
    for (key, why) in refused {
        if let Some(node) = table.get(key).filter(|node| !node.is_empty()) {
            return Err(node.fault(BackendsErrorKind::NotHonoured { why }));
        }
    }
    let query = table.read("query", query)?.unwrap_or_default();
    let mut headers = table.read("header", headers)?.unwrap_or_default();
    if let Some(node) = table.get("authorization").filter(|node| !node.is_empty()) {
        if headers.iter().any(|(name, _)| name == AUTHORIZATION) {
            return Err(node.fault(BackendsErrorKind::AuthorizationTwice));
        }
        headers.push((AUTHORIZATION, authorization(node)?));
    }
    Ok(Credentials { query, headers })
}

fn query(node: &Node) -> Result<Vec<(String, Secret)>, Fault> {
    let mut pairs = Vec::new();
    for (name, values) in node.members()? {
        if name.is_empty() {
            return Err(values.fault(BackendsErrorKind::Empty));
        }
        for value in listed(values)? {
            pairs.push((name.clone(), Secret::new(value.any_text(LONGEST)?)));
        }
    }
    Ok(pairs)
}

fn headers(node: &Node) -> Result<Vec<(HeaderName, HeaderValue)>, Fault> {
    let mut headers: Vec<(HeaderName, HeaderValue)> = Vec::new();
    for (key, values) in node.members()? {
        let name = HeaderName::from_bytes(key.as_bytes())
            .map_err(|_| values.fault(BackendsErrorKind::NotHeaderName))?;
        if OF_THE_CONNECTION.contains(&name) || name.as_str().starts_with("proxy-") {
            return Err(values.fault(BackendsErrorKind::ConnectionHeader));
        }
        if headers.iter().any(|(taken, _)| *taken == name) {
            return Err(values.fault(BackendsErrorKind::KeyTwice));
        }
        for value in listed(values)? {
            headers.push((name.clone(), sensitive(value.any_text(LONGEST)?, value)?));
        }
    }
    Ok(headers)
}

fn authorization(node: &Node) -> Result<HeaderValue, Fault> {
    let table = Table::of(node, &["scheme", "parameter"])?;
    let scheme = table.need("scheme")?;
    let name = scheme.text(100)?;
    // A scheme is a token (RFC 9110 §11.1), and so is a header's name.
    if HeaderName::from_bytes(name.as_bytes()).is_err() {
        return Err(scheme.fault(BackendsErrorKind::NotScheme));
    }
    let parameter = table.need("parameter")?;
    sensitive(&format!("{name} {}", parameter.text(300)?), parameter)
}

/// The values of a name; a single value may stand for a list of one.
fn listed(node: &Node) -> Result<&[Node], Fault> {
    match &node.value {
        Value::Text(_) => Ok(std::slice::from_ref(node)),
        _ => node.list(VALUES),
    }
}

fn sensitive(text: &str, node: &Node) -> Result<HeaderValue, Fault> {
    let mut value =
        HeaderValue::from_str(text).map_err(|_| node.fault(BackendsErrorKind::NotHeaderValue))?;
    value.set_sensitive(true);
    Ok(value)
}
