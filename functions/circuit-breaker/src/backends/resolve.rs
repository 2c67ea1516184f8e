use std::borrow::Cow;

use headgate_core::{Variables, expand_secrets};

use super::error::{BackendsErrorKind, Fault};
use super::tree::{Node, Value};

/// Puts the values of variables in the place of every `{{name}}` (a named value, as in API Management) and
/// `${secret:NAME}` in the credentials of a backend.
///
/// # Errors
///
/// [`Fault`] at the reference whose variable is not set or cannot be read; it names the variable.
pub(super) async fn resolve(
    properties: &mut Node,
    variables: &impl Variables,
) -> Result<(), Fault> {
    let Value::Table(members) = &mut properties.value else {
        return Ok(());
    };
    let credentials = members.iter_mut().filter(|(key, _)| key == "credentials");
    let mut pending: Vec<&mut Node> = credentials.map(|(_, node)| node).collect();
    while let Some(node) = pending.pop() {
        let expanded = match &node.value {
            Value::Text(text) => {
                expand(&text.value, variables).await.map_err(|kind| node.fault(kind))?
            }
            _ => None,
        };
        match (&mut node.value, expanded) {
            (Value::Text(text), Some(expanded)) => text.value = expanded,
            (Value::List(items), _) => pending.extend(items),
            (Value::Table(members), _) => pending.extend(members.iter_mut().map(|(_, node)| node)),
            _ => {}
        }
    }
    Ok(())
}

/// The text with its references replaced; `None` when it has none.
async fn expand(
    text: &str,
    variables: &impl Variables,
) -> Result<Option<String>, BackendsErrorKind> {
    let references = named_values(text)?;
    if !has_reference(&references) {
        return Ok(None);
    }
    let mut value =
        expand_secrets(&references, variables).await.map_err(BackendsErrorKind::Secret)?;
    // A variable often ends in the line end of the file that it was read from.
    value.truncate(value.trim_end_matches(['\r', '\n']).len());
    Ok(Some(value))
}

/// Whether something in the text would be replaced if it stood in credentials.
pub(super) fn has_reference(text: &str) -> bool {
    text.contains("${secret:") || text.contains("{{")
}

/// Writes every `{{name}}` as `${secret:name}`.
fn named_values(text: &str) -> Result<Cow<'_, str>, BackendsErrorKind> {
    let mut parts = text.split("{{");
    let first = parts.next().unwrap_or_default();
    let mut written = String::from(first);
    let mut found = false;
    for part in parts {
        let (name, after) = part.split_once("}}").ok_or(BackendsErrorKind::NamedValueUnclosed)?;
        let name = name.trim();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if !(1..=256).contains(&name.len()) || !name.bytes().all(allowed) {
            return Err(BackendsErrorKind::ReferenceName);
        }
        written.extend(["${secret:", name, "}", after]);
        found = true;
    }
    Ok(if found { Cow::Owned(written) } else { Cow::Borrowed(text) })
}
