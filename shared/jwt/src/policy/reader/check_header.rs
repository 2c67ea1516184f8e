use super::attributes::{boolean, header_name, required, status, texts};
use crate::policy::error::{PolicyError, PolicyErrorKind};
use crate::policy::model::{CheckHeader, Failure};
use crate::policy::node::Node;

const ELEMENT: &str = "check-header";

/// `check-header` (contracts §4.5), which needs all four attributes.
pub(super) fn read(node: &Node) -> Result<CheckHeader, PolicyError> {
    let code = "failed-check-httpcode";
    let attribute = "failed-check-error-message";
    let message = node.attribute(attribute).ok_or_else(|| {
        PolicyErrorKind::AttributeMissing { attribute, element: ELEMENT }.at(node.position)
    })?;
    required(node, ELEMENT, "ignore-case")?;
    Ok(CheckHeader {
        name: header_name(required(node, ELEMENT, "name")?, "name")?,
        failure: Failure {
            status: status(required(node, ELEMENT, code)?, code)?,
            message: Some(message.value.clone()),
        },
        ignore_case: boolean(node, "ignore-case", false)?,
        values: texts(&node.children, "value")?,
    })
}
