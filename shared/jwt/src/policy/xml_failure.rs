//! Says why a text is not XML, as its author would want it said.

use roxmltree::Error;

use super::document::EXPRESSIONS;
use super::error::{PolicyError, PolicyErrorKind};
use super::node::Position;
use super::positions::Positions;
use super::xml::OPENING;

/// Turns the parser's error into one about the document without the element that the reader put around it.
///
/// API Management stores policy expressions as they are typed, with quotes and `<` in them: a document that has one is
/// seldom XML. So an expression before the place where the parser gave up is what is reported.
pub(super) fn explain(text: &str, positions: &Positions<'_>, error: &Error) -> PolicyError {
    let position = place(text, positions, error);
    if let Some(expression) = first_expression(text).map(|offset| positions.at(offset))
        && expression <= position
    {
        return PolicyErrorKind::Expression.at(expression);
    }
    if is_document_type(text, positions, position) {
        return PolicyErrorKind::DocumentType.at(position);
    }
    PolicyErrorKind::NotXml { reason: reason(error) }.at(position)
}

/// Where the parser gave up; the document's end when it says nothing or when it is behind that.
fn place(text: &str, positions: &Positions<'_>, error: &Error) -> Position {
    let end = positions.at(text.len());
    let unplaced = matches!(
        error,
        Error::NoRootNode
            | Error::UnclosedRootNode
            | Error::DtdDetected
            | Error::NodesLimitReached
            | Error::AttributesLimitReached
            | Error::NamespacesLimitReached
            | Error::UnexpectedEndOfStream
    );
    if unplaced {
        return end;
    }
    let found = error.pos();
    let (line, column) = (found.row as usize, found.col as usize);
    let shift = if line == 1 { OPENING.len() } else { 0 };
    Position { line, column: column.saturating_sub(shift).max(1) }.min(end)
}

/// The first opening of an expression outside comments, found in one pass.
fn first_expression(text: &str) -> Option<usize> {
    let mut offset = 0;
    loop {
        offset += text.get(offset..)?.find(['<', '@'])?;
        let rest = text.get(offset..)?;
        if EXPRESSIONS.iter().any(|opening| rest.starts_with(opening)) {
            return Some(offset);
        }
        offset += if rest.starts_with("<!--") { rest.find("-->")? } else { 1 };
    }
}

fn is_document_type(text: &str, positions: &Positions<'_>, position: Position) -> bool {
    text.match_indices("<!DOCTYPE").any(|(offset, _)| positions.at(offset) == position)
}

fn reason(error: &Error) -> String {
    match error {
        Error::UnexpectedCloseTag(expected, actual, _) if is_wrapper(actual) => {
            format!("element {expected} is not closed")
        }
        Error::UnexpectedCloseTag(expected, actual, _) if is_wrapper(expected) => {
            format!("element {actual} is closed but was never opened")
        }
        Error::UnexpectedCloseTag(expected, actual, _) => {
            format!("element {expected} is closed as {actual}")
        }
        Error::UnknownEntityReference(name, _) => {
            format!("the entity {name} is unknown; write & as &amp;")
        }
        Error::MalformedEntityReference(_) => "& must be written as &amp;".to_owned(),
        Error::InvalidAttributeValue(_) | Error::InvalidChar(b'"' | b'\'', b'<', _) => {
            "< in an attribute's value must be written as &lt;".to_owned()
        }
        Error::DuplicatedAttribute(name, _) => format!("attribute {name} is given twice"),
        Error::UnknownNamespace(prefix, _) => format!("the prefix {prefix} is not declared"),
        Error::NonXmlChar(..) => "it has a character that XML does not allow".to_owned(),
        Error::InvalidComment(_) => "a comment may not hold --".to_owned(),
        Error::UnexpectedDeclaration(_) => {
            "an XML declaration may stand at the beginning alone".to_owned()
        }
        Error::InvalidName(_) => "a name is expected".to_owned(),
        Error::InvalidChar(expected, ..) => format!("{} is expected", char::from(*expected)),
        Error::InvalidChar2(expected, ..) | Error::InvalidString(expected, _) => {
            format!("{expected} is expected")
        }
        _ => "the markup is broken".to_owned(),
    }
}

fn is_wrapper(name: &str) -> bool {
    OPENING.trim_matches(['<', '>']) == name
}
