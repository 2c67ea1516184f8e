use super::error::{PolicyError, PolicyErrorKind};
use super::node::{Node, Position};
use super::{shape, toml, xml};

/// The longest document that is read, in bytes: the limit that API Management sets for a policy.
const LIMIT: usize = 256 * 1024;

/// A policy document as written: every name in it is known, its values are not judged yet.
#[derive(Debug)]
pub struct Document {
    /// The policies in the document's order; at least one.
    pub policies: Vec<NamedPolicy>,
}

/// One policy of a document.
#[derive(Debug)]
pub struct NamedPolicy {
    /// The name by which a path picks it.
    pub name: String,
    /// The statements in the document's order; at least one.
    pub statements: Vec<Node>,
    /// Where the policy begins.
    pub position: Position,
}

/// Reads a document's structure: XML when its first character is `<`, and TOML otherwise.
///
/// # Errors
///
/// [`PolicyError`] when the text is longer than 256 KiB, malformed, holds a policy expression, or has an element,
/// attribute or key that no statement has.
pub fn parse(text: &str) -> Result<Document, PolicyError> {
    if text.len() > LIMIT {
        return Err(PolicyErrorKind::TooLong.at(Position::START));
    }
    let is_xml = text.trim_start_matches(BYTE_ORDER_MARK).trim_start().starts_with('<');
    let policies = if is_xml { xml::read(text)? } else { toml::read(text)? };
    let document = Document { policies };
    document.check()?;
    Ok(document)
}

pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';

impl Document {
    fn check(&self) -> Result<(), PolicyError> {
        if self.policies.is_empty() {
            return Err(PolicyErrorKind::NoPolicy.at(Position::START));
        }
        for policy in &self.policies {
            if !is_name(&policy.name) {
                return Err(PolicyErrorKind::PolicyName.at(policy.position));
            }
            if policy.statements.is_empty() {
                return Err(
                    PolicyErrorKind::NoStatement { name: policy.name.clone() }.at(policy.position)
                );
            }
            for statement in &policy.statements {
                let Some(shape) = shape::statement(&statement.name) else {
                    return Err(PolicyErrorKind::UnknownStatement {
                        name: statement.name.clone(),
                        suggestion: shape::suggest_statement(&statement.name),
                    }
                    .at(statement.position));
                };
                shape.check(statement)?;
                refuse_expressions(statement)?;
            }
        }
        Ok(())
    }
}

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=64).contains(&name.len()) && name.bytes().all(allowed)
}

/// What begins a policy expression of API Management.
pub(super) const EXPRESSIONS: [&str; 2] = ["@(", "@{"];

fn refuse_expressions(node: &Node) -> Result<(), PolicyError> {
    let has = |value: &str| EXPRESSIONS.iter().any(|opening| value.contains(opening));
    for attribute in &node.attributes {
        if has(&attribute.value) {
            return Err(PolicyErrorKind::Expression.at(attribute.position));
        }
    }
    if has(&node.text) {
        return Err(PolicyErrorKind::Expression.at(node.position));
    }
    node.children.iter().try_for_each(refuse_expressions)
}
