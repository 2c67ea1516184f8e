//! Reads single attributes and texts, each kind of value in one place.

use std::time::Duration;

use http::{HeaderName, StatusCode};

use crate::policy::error::{PolicyError, PolicyErrorKind};
use crate::policy::model::Failure;
use crate::policy::node::{Attribute, Node};

/// The attribute, which must not be blank; `None` when it is not given.
pub(crate) fn optional<'a>(
    node: &'a Node,
    attribute: &'static str,
) -> Result<Option<&'a Attribute>, PolicyError> {
    match node.attribute(attribute) {
        Some(found) if found.value.is_empty() => {
            Err(PolicyErrorKind::AttributeEmpty { attribute }.at(found.position))
        }
        found => Ok(found),
    }
}

pub(crate) fn required<'a>(
    node: &'a Node,
    element: &'static str,
    attribute: &'static str,
) -> Result<&'a Attribute, PolicyError> {
    optional(node, attribute)?
        .ok_or_else(|| PolicyErrorKind::AttributeMissing { attribute, element }.at(node.position))
}

pub(crate) fn text(node: &Node, attribute: &'static str) -> Result<Option<String>, PolicyError> {
    Ok(optional(node, attribute)?.map(|found| found.value.clone()))
}

pub(super) fn boolean(
    node: &Node,
    attribute: &'static str,
    default: bool,
) -> Result<bool, PolicyError> {
    match optional(node, attribute)? {
        None => Ok(default),
        Some(found) if found.value.eq_ignore_ascii_case("true") => Ok(true),
        Some(found) if found.value.eq_ignore_ascii_case("false") => Ok(false),
        Some(found) => Err(PolicyErrorKind::NotBoolean { attribute }.at(found.position)),
    }
}

/// A status that refuses: 200 as the status of a failure would let every caller pass a proxy.
pub(super) fn status(
    found: &Attribute,
    attribute: &'static str,
) -> Result<StatusCode, PolicyError> {
    found
        .value
        .parse::<StatusCode>()
        .ok()
        .filter(|status| (400..=599).contains(&status.as_u16()))
        .ok_or_else(|| PolicyErrorKind::NotStatus { attribute }.at(found.position))
}

/// `failed-validation-httpcode` and `failed-validation-error-message`.
pub(super) fn failed_validation(node: &Node) -> Result<Failure, PolicyError> {
    let attribute = "failed-validation-httpcode";
    let status = match optional(node, attribute)? {
        Some(found) => status(found, attribute)?,
        None => StatusCode::UNAUTHORIZED,
    };
    let message = node.attribute("failed-validation-error-message");
    Ok(Failure { status, message: message.map(|found| found.value.clone()) })
}

/// Whole seconds, or .NET's `[d.]hh:mm:ss`.
pub(super) fn time_span(
    node: &Node,
    attribute: &'static str,
) -> Result<Option<Duration>, PolicyError> {
    let Some(found) = optional(node, attribute)? else {
        return Ok(None);
    };
    match seconds(&found.value) {
        Some(seconds) => Ok(Some(Duration::from_secs(seconds))),
        None => Err(PolicyErrorKind::NotTimeSpan { attribute }.at(found.position)),
    }
}

fn seconds(value: &str) -> Option<u64> {
    let Some((hours, rest)) = value.split_once(':') else {
        return number(value, u64::from(u32::MAX));
    };
    let (minutes, seconds) = rest.split_once(':')?;
    let (days, hours) = hours.split_once('.').unwrap_or(("0", hours));
    let (days, hours) = (number(days, 9_999)?, number(hours, 23)?);
    Some(((days * 24 + hours) * 60 + number(minutes, 59)?) * 60 + number(seconds, 59)?)
}

fn number(digits: &str, most: u64) -> Option<u64> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|number| plain && *number <= most)
}

pub(crate) fn header_name(
    found: &Attribute,
    attribute: &'static str,
) -> Result<HeaderName, PolicyError> {
    HeaderName::from_bytes(found.value.as_bytes())
        .map_err(|_| PolicyErrorKind::NotHeaderName { attribute }.at(found.position))
}

/// `output-token-variable-name`.
pub(super) fn variable_name(
    node: &Node,
    attribute: &'static str,
) -> Result<Option<String>, PolicyError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    match optional(node, attribute)? {
        Some(found) if !found.value.bytes().all(allowed) => {
            Err(PolicyErrorKind::NotVariableName { attribute }.at(found.position))
        }
        found => Ok(found.map(|found| found.value.clone())),
    }
}

/// The texts of the items of a list; none when there is no list.
pub(super) fn texts(items: &[Node], element: &'static str) -> Result<Vec<String>, PolicyError> {
    items.iter().map(|item| item_text(item, element)).collect()
}

pub(super) fn item_text(item: &Node, element: &'static str) -> Result<String, PolicyError> {
    if item.text.trim().is_empty() {
        return Err(PolicyErrorKind::NoText { element }.at(item.position));
    }
    Ok(item.text.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_span_is_whole_seconds_or_a_net_time_span() {
        for (text, expected) in [
            ("0", Some(0)),
            ("300", Some(300)),
            ("00:05:00", Some(300)),
            ("1.02:03:04", Some(93_784)),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("5m", None),
            ("00:60:00", None),
            ("24:00:00", None),
            ("00:05", None),
            ("00:00:00:00", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
