//! What holds for any document.

use proptest::prelude::*;

use super::support::read;
use crate::backends::BackendsError;

/// Pieces of documents, so that random texts get further than the first character.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop::sample::select(vec![
        "[backends.a]\n",
        "[backends.b]\n",
        "backends.",
        "a",
        ".",
        " = ",
        "'https://a.example'\n",
        "url = 'https://a.example'\n",
        "[backends.a.pool]\n",
        "services = [{ id = 'b' }]\n",
        "[[backends.a.circuitBreaker.rules]]\n",
        "name = 'r'\n",
        "failureCondition = { count = 1, errorReasons = ['x'] }\n",
        "tripDuration = 'PT1H'\n",
        "credentials.header.x = '",
        "'\n",
        "${secret:",
        "{{",
        "}}",
        "}",
        "[",
        "]",
        "{",
        "{\"",
        "\"",
        "\":",
        ",",
        "\"name\":\"a\",",
        "\"properties\":{",
        "\"url\":\"https://a.example\"",
        "\"type\":\"Pool\"",
        "\"resources\":[",
        "\"value\":[",
        "null",
        "1",
        "-1e9",
        "\"[concat(parameters('x'), '/a')]\"",
        "\\u00e9",
        "\\ud800",
        "\n",
        "é",
        "\u{feff}",
        " ",
        "true",
    ]);
    prop::collection::vec(scrap, 0..24).prop_map(|scraps| scraps.concat())
}

fn assert_within(text: &str, error: &BackendsError) {
    let lines: Vec<&str> = text.split('\n').collect();
    let position = error.position;
    assert!((1..=lines.len()).contains(&position.line), "{position} in {text:?}");
    let length = lines[position.line - 1].chars().count();
    assert!((1..=length + 1).contains(&position.column), "{position} in {text:?}");
}

const WHOLE: [&str; 2] = [
    "[backends.orders]\nurl = 'https://orders.example'\n[backends.orders.credentials]\nheader = { x = ['é'] }\n[[backends.orders.circuitBreaker.rules]]\nname = 'r'\ntripDuration = 'PT1M'\nhalfOpen = { probes = 2 }\nfailureCondition = { percentage = 50, interval = 'PT10S', minimumCalls = 4, statusCodeRanges = [{ min = 500, max = 599 }] }\n[backends.all.pool]\nservices = [{ id = 'orders', weight = 1 }]\n",
    "{ \"resources\": [ { \"type\": \"Microsoft.ApiManagement/service/backends\", \"name\": \"apim/orders\",\n \"properties\": { \"url\": \"https://orders.example\", \"protocol\": \"http\", \"title\": \"é\",\n \"circuitBreaker\": { \"rules\": [ { \"name\": \"r\", \"failureCondition\": { \"count\": \"3\", \"statusCodeRanges\": [ { \"min\": 500, \"max\": 599 } ] } } ] } } } ] }",
];

proptest! {
    #[test]
    fn any_text_is_read_or_refused_at_a_place_within_it(
        text in prop_oneof![any::<String>(), scraps(), scraps().prop_map(|text| format!("[{{{text}"))]
    ) {
        if let Err(error) = read(&text) {
            assert_within(&text, &error);
        }
    }

    #[test]
    fn a_document_with_a_piece_missing_is_read_or_refused_at_a_place_within_it(
        whole in prop::sample::select(WHOLE.to_vec()),
        from in any::<prop::sample::Index>(),
        length in 0..40_usize,
    ) {
        let characters: Vec<char> = whole.chars().collect();
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
}

#[test]
fn the_documents_with_nothing_missing_are_read() {
    for whole in WHOLE {
        assert!(read(whole).is_ok(), "{whole}");
    }
}
