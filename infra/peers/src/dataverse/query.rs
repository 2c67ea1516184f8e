use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::refused::{Judged, refuse};
use crate::issuer::Guid;
use crate::peer::Asked;

/// The options of a query that this stand-in reads; another one is refused, as is a parameter that is there twice.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub(super) filter: Option<String>,
    pub(super) select: Vec<String>,
    pub(super) top: Option<usize>,
    /// How many rows come before this page.
    pub(super) skip: usize,
    /// The options but for `$skiptoken`, as they came.
    pub(super) options: String,
}

/// What flow sessions are asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SessionFilter {
    CallbackIs(String),
    FlowAndCallbackBegins(Guid, String),
}

impl Query {
    pub(super) fn read(asked: &Asked) -> Judged<Self> {
        let written = asked.uri.query().unwrap_or_default().split('&');
        let is_option =
            |pair: &&str| !pair.starts_with("$skiptoken=") && !pair.starts_with("%24skiptoken=");
        let options = written.filter(is_option).collect::<Vec<_>>().join("&");
        let mut query = Self { options, ..Self::default() };
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
                "$skiptoken" if query.skip == 0 => {
                    let Some(skip) = skipped(&value) else {
                        return refuse(400, "0x80060888", "Malformed XML in the skiptoken.");
                    };
                    query.skip = skip;
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

    /// Where the page after `last` rows is.
    pub(super) fn link(&self, last: usize) -> String {
        let cookie = cookie(last);
        let cookie = utf8_percent_encode(&cookie, NON_ALPHANUMERIC);
        format!("{}&$skiptoken={cookie}", self.options)
    }

    pub(super) fn columns(&self) -> Vec<&str> {
        self.select.iter().map(String::as_str).collect()
    }
}

/// What Dataverse names a page by.
fn cookie(skip: usize) -> String {
    format!("<cookie pagenumber=\"2\" pagingcookie=\"after {skip}\" istracking=\"False\" />")
}

/// How many rows a cookie skips, if it is one of those.
fn skipped(text: &str) -> Option<usize> {
    let (_, rest) = text.split_once("pagingcookie=\"after ")?;
    let skip = rest.split_once('"')?.0.parse().ok()?;
    (skip > 0 && text == cookie(skip)).then_some(skip)
}

/// Reads `odata.maxpagesize` of `Prefer`; Dataverse's pages have 5,000 rows at most.
pub(super) fn page_size(asked: &Asked) -> Judged<usize> {
    let preferred = asked.header("prefer").unwrap_or_default().split(',');
    match preferred.filter_map(|one| one.trim().strip_prefix("odata.maxpagesize=")).next() {
        None => Ok(MOST_ROWS),
        Some(size) => match size.parse() {
            Ok(size @ 1..) => Ok(MOST_ROWS.min(size)),
            _ => refuse(400, "0x0", "odata.maxpagesize must be a positive number."),
        },
    }
}

const MOST_ROWS: usize = 5_000;

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
