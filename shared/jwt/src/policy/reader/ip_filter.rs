use std::net::IpAddr;

use super::attributes::required;
use crate::policy::error::{PolicyError, PolicyErrorKind};
use crate::policy::model::{IpFilter, IpFilterAction};
use crate::policy::node::{Node, Position};

/// `ip-filter` (contracts §4.4).
pub(super) fn read(node: &Node) -> Result<IpFilter, PolicyError> {
    let found = required(node, "ip-filter", "action")?;
    let action = match found.value.as_str() {
        "allow" => IpFilterAction::Allow,
        "forbid" => IpFilterAction::Forbid,
        _ => {
            return Err(PolicyErrorKind::NotChoice {
                attribute: "action",
                choices: "allow or forbid",
            }
            .at(found.position));
        }
    };
    let ranges = node.children.iter().map(range).collect::<Result<Vec<_>, _>>()?;
    if ranges.is_empty() {
        return Err(PolicyErrorKind::NoAddress.at(node.position));
    }
    Ok(IpFilter { action, ranges })
}

fn range(node: &Node) -> Result<(IpAddr, IpAddr), PolicyError> {
    if node.name == "address" {
        let address = address(&node.text, "address", node.position)?;
        return Ok((address, address));
    }
    let end = |attribute| {
        let found = required(node, "address-range", attribute)?;
        address(&found.value, attribute, found.position)
    };
    match (end("from")?, end("to")?) {
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => {
            Err(PolicyErrorKind::RangeMixed.at(node.position))
        }
        (from, to) if from > to => Err(PolicyErrorKind::RangeBackwards.at(node.position)),
        range => Ok(range),
    }
}

/// An address; one of IPv4 that is written within IPv6 (RFC 4291 §2.5.5.2) is the IPv4 address.
fn address(text: &str, subject: &'static str, position: Position) -> Result<IpAddr, PolicyError> {
    text.trim()
        .parse::<IpAddr>()
        .map(|address| address.to_canonical())
        .map_err(|_| PolicyErrorKind::NotAddress { subject }.at(position))
}
