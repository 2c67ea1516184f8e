use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures_util::FutureExt;
use headgate_core::{Variables, VariablesError};

use crate::policy::{PolicyError, PolicySet, Statement, ValidateToken, der, load};

/// The variables that a test sets; any other is unset.
pub(super) struct Held(pub(super) Vec<(&'static str, String)>);

impl Variables for Held {
    async fn get(&self, name: &str) -> Result<Option<String>, VariablesError> {
        Ok(self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()))
    }
}

pub(super) fn read_with(
    text: &str,
    variables: Vec<(&'static str, String)>,
) -> Result<PolicySet, PolicyError> {
    load(text, &Held(variables)).now_or_never().expect("the variables answer at once")
}

pub(super) fn read(text: &str) -> Result<PolicySet, PolicyError> {
    read_with(text, Vec::new())
}

/// The only token statement of the only policy.
pub(super) fn token(set: PolicySet) -> ValidateToken {
    let mut statements = set.policies.into_iter().flat_map(|policy| policy.statements);
    match (statements.next(), statements.next()) {
        (Some(Statement::ValidateToken(token)), None) => *token,
        other => panic!("one token statement is expected, not {other:?}"),
    }
}

pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(super) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// An odd number of `bits` bits with its highest bit set, which is all that a policy looks at.
pub(super) fn modulus(bits: usize) -> Vec<u8> {
    let mut number = vec![0x5b; bits / 8];
    number[0] = 0xc1;
    number
}

pub(super) fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", base64(der))
}

/// The outline of an RSA private key in PKCS#1: version and modulus.
pub(super) fn pkcs1(bits: usize) -> Vec<u8> {
    let mut content = tlv(2, &[0]);
    let mut number = vec![0];
    number.extend(modulus(bits));
    content.extend(tlv(2, &number));
    tlv(0x30, &content)
}

pub(super) fn pkcs8(bits: usize) -> Vec<u8> {
    der::pkcs8_of_pkcs1(&pkcs1(bits))
}

/// The outline of a certificate: what is signed, the algorithm, the signature.
pub(super) fn certificate() -> Vec<u8> {
    tlv(0x30, &[tlv(0x30, &[5, 0]), tlv(0x30, &[5, 0]), tlv(3, &[0])].concat())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82], length.as_slice(), content].concat()
}

pub(super) fn refusal(document: &str) -> String {
    match read(document) {
        Ok(_) => panic!("the document is read: {document}"),
        Err(error) => error.to_string(),
    }
}

pub(super) fn assert_refused(table: &[(&str, &str)]) {
    let wrong: Vec<String> = table
        .iter()
        .filter(|(document, expected)| refusal(document) != *expected)
        .map(|(document, expected)| {
            format!("{document}\n  expected {expected}\n  read     {}", refusal(document))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A `validate-jwt` that is well but for `attributes` and `elements`.
pub(super) fn jwt(attributes: &str, elements: &str) -> String {
    format!(
        "<validate-jwt header-name=\"a\" {attributes}>\n<openid-config url=\"https://a.example\" />\n{elements}</validate-jwt>"
    )
}

pub(super) fn azure(attributes: &str) -> String {
    format!(
        "<validate-azure-ad-token {attributes}><audiences><audience>a</audience></audiences></validate-azure-ad-token>"
    )
}
