use super::attributes::{optional, required, text, texts};
use crate::policy::error::{PolicyError, PolicyErrorKind};
use crate::policy::model::{Matching, RequiredClaim};
use crate::policy::node::Node;

/// `required-claims` of a statement.
pub(super) fn read(statement: &Node) -> Result<Vec<RequiredClaim>, PolicyError> {
    statement.list("required-claims").iter().map(claim).collect()
}

fn claim(node: &Node) -> Result<RequiredClaim, PolicyError> {
    let matching = match optional(node, "match")? {
        None => Matching::All,
        Some(found) => match found.value.as_str() {
            "all" => Matching::All,
            "any" => Matching::Any,
            _ => {
                return Err(PolicyErrorKind::NotChoice {
                    attribute: "match",
                    choices: "all or any",
                }
                .at(found.position));
            }
        },
    };
    Ok(RequiredClaim {
        name: required(node, "claim", "name")?.value.clone(),
        matching,
        separator: text(node, "separator")?,
        values: texts(&node.children, "value")?,
    })
}
