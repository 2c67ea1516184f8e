//! The example documents, and those of the reference.

use super::support::{base64, certificate, pem, pkcs8, read_with};
use crate::policy::{PolicyError, PolicySet};

const REFERENCE: &str = include_str!("../../../../../functions/token-validation/docs/policy.md");

/// Reads with the variables that the examples refer to.
fn read(text: &str) -> Result<PolicySet, PolicyError> {
    read_with(
        text,
        vec![
            ("contoso_root", pem("CERTIFICATE", &certificate())),
            ("orders_hmac_key", base64(&[9; 32])),
            ("partner_certificate", pem("CERTIFICATE", &certificate())),
            ("token_decryption", pem("PRIVATE KEY", &pkcs8(2048))),
        ],
    )
}

#[test]
fn the_example_documents_are_read() {
    let directory =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../functions/token-validation/policies");
    let mut count = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let read = read(&std::fs::read_to_string(&path).unwrap());
        assert!(read.is_ok(), "{}: {}", path.display(), read.unwrap_err());
        count += 1;
    }
    assert!(count >= 4);
}

/// The blocks of the language `fence` in `text`.
fn blocks<'a>(text: &'a str, fence: &str) -> Vec<&'a str> {
    let opening = format!("```{fence}\n");
    text.split(&opening).skip(1).map(|from| from.split("```").next().unwrap()).collect()
}

#[test]
fn every_document_of_the_reference_is_read() {
    for fence in ["toml", "xml"] {
        for block in blocks(REFERENCE, fence) {
            assert!(read(block).is_ok(), "{block}\n{}", read(block).unwrap_err());
        }
    }
}

#[test]
fn the_reference_shows_each_statement_alike_in_both_syntaxes() {
    let (_, statements) = REFERENCE.split_once("\n## validate-jwt\n").unwrap();
    let (toml, xml) = (blocks(statements, "toml"), blocks(statements, "xml"));
    assert_eq!((toml.len(), xml.len()), (5, 5));
    for (toml, xml) in toml.iter().zip(xml) {
        assert_eq!(read(toml).unwrap(), read(xml).unwrap(), "{toml}{xml}");
    }
}
