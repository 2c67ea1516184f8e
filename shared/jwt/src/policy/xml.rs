use roxmltree::{Document, ParsingOptions};

use super::document::NamedPolicy;
use super::error::{PolicyError, PolicyErrorKind};
use super::node::{Attribute, Node, Position};
use super::positions::Positions;
use super::xml_failure;

/// The name of the one policy that an XML document makes up.
const NAME: &str = "default";
/// A document may have several roots, as a policy fragment does: it is read inside an element of its own.
pub(super) const OPENING: &str = "<headgate-document>";
const CLOSING: &str = "</headgate-document>";
const DEPTH: usize = 16;

/// The sections whose statements token-validation does not run.
const OTHER_SECTIONS: [&str; 3] = ["backend", "outbound", "on-error"];

/// Reads an XML document as API Management stores it: `<policies>`, `<fragment>`, `<inbound>`, or statements alone.
pub(super) fn read(text: &str) -> Result<Vec<NamedPolicy>, PolicyError> {
    let positions = Positions::of(text);
    let wrapped = format!("{OPENING}{}{CLOSING}", without_declaration(text));
    let options = ParsingOptions::default();
    let document = Document::parse_with_options(&wrapped, options)
        .map_err(|error| xml_failure::explain(text, &positions, &error))?;
    let root = element(document.root_element(), &positions, 0)?;
    let mut statements = Vec::new();
    collect(root, &mut statements)?;
    let position = statements.first().map_or(Position::START, |first| first.position);
    Ok(vec![NamedPolicy { name: NAME.to_owned(), statements, position }])
}

/// Puts blanks in the place of a byte order mark and an XML declaration, which may stand at the very beginning alone.
fn without_declaration(text: &str) -> String {
    let begins = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let declared = begins.starts_with("<?xml") && begins.get(5..6).is_some_and(is_blank);
    let head = text.len() - begins.len();
    let end = match begins.find("?>") {
        Some(end) if declared => head + end + 2,
        _ => head,
    };
    let blank = |character: char| match character {
        '\n' => "\n".to_owned(),
        // As many blanks as bytes, so that what follows keeps its offset.
        other => " ".repeat(other.len_utf8()),
    };
    let (declaration, rest) = text.split_at_checked(end).unwrap_or(("", text));
    let mut blanked: String = declaration.chars().map(blank).collect();
    blanked.push_str(rest);
    blanked
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}

fn element(
    source: roxmltree::Node<'_, '_>,
    positions: &Positions<'_>,
    depth: usize,
) -> Result<Node, PolicyError> {
    let at = |offset: usize| positions.at(offset.saturating_sub(OPENING.len()));
    let position = at(source.range().start);
    if depth > DEPTH {
        return Err(PolicyErrorKind::TooDeep.at(position));
    }
    let tag = source.tag_name();
    if tag.namespace().is_some() {
        return Err(PolicyErrorKind::Namespace { name: tag.name().to_owned() }.at(position));
    }
    let mut node = Node::new(tag.name(), position);
    for attribute in source.attributes() {
        let position = at(attribute.range().start);
        let name = attribute.name().to_owned();
        if attribute.namespace().is_some() {
            return Err(PolicyErrorKind::Namespace { name }.at(position));
        }
        node.attributes.push(Attribute { name, value: attribute.value().to_owned(), position });
    }
    let mut text = String::new();
    for child in source.children() {
        if child.is_element() {
            node.children.push(element(child, positions, depth + 1)?);
        } else if child.is_text() {
            text.push_str(child.text().unwrap_or_default());
        } else if child.is_pi() {
            return Err(PolicyErrorKind::ProcessingInstruction.at(at(child.range().start)));
        }
    }
    text.trim().clone_into(&mut node.text);
    Ok(node)
}

/// Takes the statements out of the sections around them.
fn collect(root: Node, statements: &mut Vec<Node>) -> Result<(), PolicyError> {
    refuse_content("the document", &root)?;
    let alone = root.children.len() == 1;
    for child in root.children {
        match child.name.as_str() {
            "policies" if alone => policies(child, statements)?,
            "fragment" if alone => section("fragment", child, statements)?,
            "policies" | "fragment" => {
                return Err(PolicyErrorKind::UnknownSection {
                    name: child.name,
                    parent: "a document that has another element beside it",
                }
                .at(child.position));
            }
            "inbound" if alone => section("inbound", child, statements)?,
            _ => statement("the document", child, statements)?,
        }
    }
    Ok(())
}

fn policies(policies: Node, statements: &mut Vec<Node>) -> Result<(), PolicyError> {
    refuse_content("policies", &policies)?;
    let mut seen: Vec<&str> = Vec::new();
    for child in policies.children {
        let other = OTHER_SECTIONS.into_iter().find(|name| *name == child.name);
        let name = match (child.name.as_str(), other) {
            ("inbound", _) => "inbound",
            (_, Some(other)) => other,
            _ => {
                return Err(PolicyErrorKind::UnknownSection {
                    name: child.name,
                    parent: "policies",
                }
                .at(child.position));
            }
        };
        if seen.contains(&name) {
            return Err(
                PolicyErrorKind::Repeated { element: name, parent: "policies" }.at(child.position)
            );
        }
        seen.push(name);
        match other {
            Some(other) => unused_section(other, &child)?,
            None => section("inbound", child, statements)?,
        }
    }
    Ok(())
}

fn section(
    name: &'static str,
    section: Node,
    statements: &mut Vec<Node>,
) -> Result<(), PolicyError> {
    refuse_content(name, &section)?;
    section.children.into_iter().try_for_each(|child| statement(name, child, statements))
}

fn statement(
    parent: &'static str,
    node: Node,
    statements: &mut Vec<Node>,
) -> Result<(), PolicyError> {
    match node.name.as_str() {
        "base" => refuse_all("base", &node),
        "policies" | "fragment" | "inbound" | "backend" | "outbound" | "on-error" => {
            Err(PolicyErrorKind::UnknownSection { name: node.name, parent }.at(node.position))
        }
        _ => {
            statements.push(node);
            Ok(())
        }
    }
}

/// A section that token-validation does not run may hold what does nothing.
fn unused_section(name: &'static str, section: &Node) -> Result<(), PolicyError> {
    refuse_content(name, section)?;
    for child in &section.children {
        match child.name.as_str() {
            "base" => refuse_all("base", child)?,
            "forward-request" if name == "backend" => refuse_all("forward-request", child)?,
            _ => {
                let element = child.name.clone();
                return Err(
                    PolicyErrorKind::SectionNotEmpty { section: name, element }.at(child.position)
                );
            }
        }
    }
    Ok(())
}

/// Refuses attributes and text, which no section has.
fn refuse_content(element: &'static str, node: &Node) -> Result<(), PolicyError> {
    if let Some(attribute) = node.attributes.first() {
        return Err(PolicyErrorKind::UnknownAttribute {
            name: attribute.name.clone(),
            element,
            suggestion: None,
        }
        .at(attribute.position));
    }
    if node.text.is_empty() {
        return Ok(());
    }
    Err(PolicyErrorKind::UnexpectedText { element: element.to_owned() }.at(node.position))
}

fn refuse_all(element: &'static str, node: &Node) -> Result<(), PolicyError> {
    refuse_content(element, node)?;
    match node.children.first() {
        Some(child) => Err(PolicyErrorKind::UnknownElement {
            name: child.name.clone(),
            parent: element,
            suggestion: None,
        }
        .at(child.position)),
        None => Ok(()),
    }
}
