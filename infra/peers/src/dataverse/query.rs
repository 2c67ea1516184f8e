use super::refused::{Judged, refuse};
use crate::issuer::Guid;
use crate::peer::Asked;

/// The options of a query that this stand-in reads; another one is refused, as is a parameter that is there twice.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub(super) filter: Option<String>,
    pub(super) select: Vec<String>,
    pub(super) top: Option<usize>,
}

/// What flow sessions are asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SessionFilter {
    CallbackIs(String),
    FlowAndCallbackBegins(Guid, String),
}

impl Query {
    pub(super) fn read(asked: &Asked) -> Judged<Self> {
        let mut query = Self::default();
        for (name, value) in asked.query() {
            match name.as_str() {
                "$filter" if query.filter.is_none() => query.filter = Some(value),
                "$select" if query.select.is_empty() => {
                    query.select = value.split(',').map(|name| name.trim().to_owned()).collect();
                }
                "$top" if query.top.is_none() => {
                    let Ok(top) = value.parse() else {
                        return refuse(400, "0x0", "Invalid value for $top.");
                    };
                    query.top = Some(top);
                }
                "$orderby" if matches!(value.as_str(), "name" | "createdon") => {}
                other => {
                    let message = format!("The query parameter {other} is not supported.");
                    return refuse(400, "0x80060888", message);
                }
            }
        }
        Ok(query)
    }

    pub(super) fn columns(&self) -> Vec<&str> {
        self.select.iter().map(String::as_str).collect()
    }
}

/// Reads `category eq 6`, with or without a name.
pub(super) fn flow_filter(text: &str) -> Judged<Option<String>> {
    let Some(rest) = text.strip_prefix("category eq 6") else {
        return refuse(400, "0x80060888", "The filter of workflows must begin with category eq 6.");
    };
    if rest.is_empty() {
        return Ok(None);
    }
    match rest.strip_prefix(" and name eq ").and_then(literal) {
        Some(name) => Ok(Some(name)),
        None => refuse(400, "0x80060888", "Syntax error in the filter of workflows."),
    }
}

/// Reads the filters of sessions that there are.
pub(super) fn session_filter(text: &str) -> Judged<SessionFilter> {
    if let Some(callback) = text.strip_prefix("callbackurl eq ").and_then(literal) {
        return Ok(SessionFilter::CallbackIs(callback));
    }
    let parts = text.strip_prefix("_regardingobjectid_value eq ").and_then(|rest| {
        let (flow, rest) = rest.split_once(" and startswith(callbackurl,")?;
        Some((flow.parse().ok()?, literal(rest.strip_suffix(')')?)?))
    });
    match parts {
        Some((flow, begin)) => Ok(SessionFilter::FlowAndCallbackBegins(flow, begin)),
        None => refuse(400, "0x80060888", "Syntax error in the filter of flowsessions."),
    }
}

/// Reads a text in quotes; a quote within it is doubled.
fn literal(text: &str) -> Option<String> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let undoubled = inner.replace("''", "\u{0}");
    (!undoubled.contains('\'')).then(|| undoubled.replace('\u{0}', "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_cannot_be_left() {
        assert_eq!(literal("'a''b'").as_deref(), Some("a'b"));
        for text in ["a", "'a", "'a'b'", "'a' or 'b'"] {
            assert_eq!(literal(text), None, "{text}");
        }
    }
}
