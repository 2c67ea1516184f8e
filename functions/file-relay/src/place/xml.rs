//! XML as storage services write it.

use roxmltree::{Document, Node, ParsingOptions};

use super::PlaceError;

/// The longest XML that is read, in bytes: a list of 50,000 blocks fits.
pub(crate) const LONGEST: usize = 16 * 1024 * 1024;
/// The longest error that is read, in bytes.
pub(crate) const LONGEST_ERROR: usize = 64 * 1024;

/// Reads a document. One that comes late has blanks before it (S3, while it puts parts together).
pub(crate) fn document(bytes: &[u8]) -> Result<Document<'_>, PlaceError> {
    let wrong = || PlaceError::Temporary { detail: "its answer is not XML".to_owned() };
    let text = std::str::from_utf8(bytes).map_err(|_| wrong())?;
    let text = text.trim_start_matches('\u{feff}').trim();
    let options = ParsingOptions { nodes_limit: 1_000_000, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|_| wrong())
}

/// The child of this name, whatever its namespace.
pub(crate) fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| child.tag_name().name() == name)
}

/// The children of this name.
pub(crate) fn children<'a, 'input: 'a>(
    node: Node<'a, 'input>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(move |child| child.tag_name().name() == name)
}

/// The text of the child of this name; `None` when it has none.
pub(crate) fn text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    child(node, name)?.text().filter(|text| !text.is_empty())
}

/// The `Code` of an error, as Azure Storage and S3 write it.
pub(crate) fn error_code(bytes: &[u8]) -> Option<String> {
    let document = document(bytes).ok()?;
    let root = document.root_element();
    (root.tag_name().name() == "Error").then(|| text(root, "Code").map(str::to_owned)).flatten()
}

/// A text for the content of an element.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_a_code_and_nothing_else_is_one() {
        let code = |text: &str| error_code(text.as_bytes());
        let said = "\u{feff}  \n<?xml version=\"1.0\"?><Error xmlns=\"urn:x\"><Code>NoSuchKey</Code></Error>";
        assert_eq!(code(said).as_deref(), Some("NoSuchKey"));
        for text in ["", "<Error/>", "<Other><Code>a</Code></Other>", "{}", "<Error><Code>"] {
            assert_eq!(code(text), None, "{text}");
        }
    }

    #[test]
    fn entities_of_a_document_are_not_expanded() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>";
        assert!(document(bomb.as_bytes()).is_err());
    }
}
