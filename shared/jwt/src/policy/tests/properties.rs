//! What holds for any document.

use proptest::prelude::*;

use super::strategies::statement;
use super::support::read;
use super::written::{toml, xml};
use crate::policy::{PolicyError, parse};

/// Pieces of documents, so that random texts get further than the first character.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop::sample::select(vec![
        "<",
        ">",
        "/>",
        "</",
        "<policies>",
        "</policies>",
        "<inbound>",
        "</inbound>",
        "<base />",
        "<validate-jwt",
        " header-name=\"a\"",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<!DOCTYPE",
        "<?xml ",
        "?>",
        "&lt;",
        "&#0;",
        "&",
        "@(",
        "@{",
        "{{a}}",
        "${secret:",
        "}",
        "[a.ip-filter]",
        "[[",
        "]]",
        "action = ",
        "\"allow\"",
        "address = [",
        "]",
        "\n",
        "é",
        "'",
        "\"\"\"",
        "=",
        " ",
        "<ip-filter action='allow'>",
        "<address>::1</address>",
        "</ip-filter>",
        "xmlns=\"a\"",
        "\u{feff}",
    ]);
    prop::collection::vec(scrap, 0..24).prop_map(|scraps| scraps.concat())
}

fn assert_within(text: &str, error: &PolicyError) {
    let lines: Vec<&str> = text.split('\n').collect();
    let position = error.position;
    assert!((1..=lines.len()).contains(&position.line), "{position} in {text:?}");
    let length = lines[position.line - 1].chars().count();
    assert!((1..=length + 1).contains(&position.column), "{position} in {text:?}");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_at_a_place_within_it(
        text in prop_oneof![any::<String>(), scraps(), scraps().prop_map(|text| format!("<{text}"))]
    ) {
        if let Err(error) = read(&text) {
            assert_within(&text, &error);
        }
    }

    #[test]
    fn a_valid_policy_with_a_piece_missing_is_read_or_refused_at_a_place_within_it(
        statements in prop::collection::vec(statement(), 1..3),
        as_xml in any::<bool>(),
        from in any::<prop::sample::Index>(),
        length in 0..40_usize,
    ) {
        let text = if as_xml { xml(&statements) } else { toml(&statements) };
        let characters: Vec<char> = text.chars().collect();
        let from = from.index(characters.len());
        let cut: String = characters
            .iter()
            .enumerate()
            .filter(|(index, _)| !(from..from + length).contains(index))
            .map(|(_, character)| character)
            .collect();
        if let Err(error) = read(&cut) {
            assert_within(&cut, &error);
        }
    }

    #[test]
    fn a_policy_reads_the_same_from_toml_and_from_xml(
        statements in prop::collection::vec(statement(), 1..4)
    ) {
        let (from_xml, from_toml) = (xml(&statements), toml(&statements));
        let one = read(&from_xml).unwrap_or_else(|error| panic!("{error}\n{from_xml}"));
        let other = read(&from_toml).unwrap_or_else(|error| panic!("{error}\n{from_toml}"));
        prop_assert_eq!(one, other);
    }

    #[test]
    fn a_document_is_parsed_the_same_each_time(text in scraps()) {
        prop_assert_eq!(format!("{:?}", parse(&text)), format!("{:?}", parse(&text)));
    }
}
