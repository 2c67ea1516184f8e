//! What a document takes from variables.

use futures_util::FutureExt;
use headgate_core::{Variables, VariablesError};

use super::support::{base64, certificate, pem, pkcs1, pkcs8, read, read_with, token};
use crate::policy::{DecryptionKeyMaterial, SigningKeyMaterial, load};

fn keys(signing: &str, decryption: &str) -> String {
    format!(
        "<validate-jwt header-name='a' require-signed-tokens='false'>
           <issuer-signing-keys>{signing}</issuer-signing-keys>
           <decryption-keys>{decryption}</decryption-keys>
         </validate-jwt>"
    )
}

#[test]
fn named_values_and_secrets_stand_for_variables_in_attributes_and_texts() {
    let document = "<validate-jwt header-name='{{Header-Name}}'>
        <openid-config url='https://{{host}}/${secret:path}/openid' />
        <issuer-signing-keys><key id='a'>{{ signing.key }}</key></issuer-signing-keys>
        <audiences><audience>api://{{host}}</audience></audiences>
      </validate-jwt>";
    let token = token(
        read_with(
            document,
            vec![
                ("header_name", "X-Token".to_owned()),
                ("host", "issuer.example".to_owned()),
                ("path", "tenant".to_owned()),
                ("signing_key", format!("{}\n", base64(&[3; 32]))),
            ],
        )
        .unwrap(),
    );
    assert_eq!(token.openid_configs[0].url.to_string(), "https://issuer.example/tenant/openid");
    assert_eq!(token.audiences, ["api://issuer.example"]);
    assert!(
        token.issuer_signing_keys[0].material == SigningKeyMaterial::Symmetric(vec![3; 32].into())
    );
}

#[test]
fn a_value_is_taken_literally_even_when_it_looks_like_a_reference_or_an_expression() {
    let document = "<validate-jwt header-name='a' failed-validation-error-message='{{message}}'>
        <openid-config url='https://a.example' /></validate-jwt>";
    let message = "@(x) {{host}} ${secret:host}";
    let set = read_with(document, vec![("message", message.to_owned())]).unwrap();
    assert_eq!(token(set).failure.message.as_deref(), Some(message));
}

#[test]
fn a_certificate_id_names_a_variable_that_holds_pem() {
    let bundle =
        format!("{}{}", pem("CERTIFICATE", &certificate()), pem("PRIVATE KEY", &pkcs8(2048)));
    let token = token(
        read_with(
            &keys(
                "<key certificate-id='Partner-Cert' />",
                "<key certificate-id='partner-cert' /><key certificate-id='old' />",
            ),
            vec![
                // An environment variable's line ends are often lost.
                ("partner_cert", bundle.replace('\n', " ")),
                ("old", pem("RSA PRIVATE KEY", &pkcs1(2048))),
            ],
        )
        .unwrap(),
    );
    assert!(
        token.issuer_signing_keys[0].material == SigningKeyMaterial::Certificate(certificate())
    );
    for key in &token.decryption_keys {
        assert!(key.material == DecryptionKeyMaterial::RsaPrivateKey(pkcs8(2048).into()));
    }
}

#[test]
fn an_identity_names_its_issuers_certificate() {
    let set = read_with(
        "<validate-client-certificate><identities>
           <identity issuer-certificate-id='root' /></identities></validate-client-certificate>",
        vec![("root", pem("CERTIFICATE", &certificate()))],
    );
    assert!(set.is_ok(), "{set:?}");
}

#[test]
fn a_reference_that_cannot_be_followed_is_named_at_its_place() {
    for (document, expected) in [
        (
            keys("<key>{{Signing-Key}}</key>", "<key>AAAA</key>"),
            "line 2, column 33: secret Signing-Key is not set: set the variable signing_key of the function",
        ),
        (
            keys("<key certificate-id='a.b' />", "<key>AAAA</key>"),
            "line 2, column 38: secret a.b is not set: set the variable a_b of the function",
        ),
        (
            keys("<key id='${secret:a' />", "<key>AAAA</key>"),
            "line 2, column 38: a ${secret:…} reference is not closed",
        ),
        (
            keys("<key id='{{a' />", "<key>AAAA</key>"),
            "line 2, column 38: a named value is not closed: write {{name}}",
        ),
        (
            keys("<key id='{{a b}}' />", "<key>AAAA</key>"),
            "line 2, column 38: the name of a named value must be letters, digits, -, _ and .",
        ),
        (
            keys("<key certificate-id='a}b' />", "<key>AAAA</key>"),
            "line 2, column 38: certificate-id must be letters, digits, -, _ and .",
        ),
        (
            "[a.validate-jwt]\nheader-name = \"a\"\ntoken-value = \"${secret:t}\"".to_owned(),
            "line 3, column 1: secret t is not set: set the variable t of the function",
        ),
    ] {
        assert_eq!(read(&document).unwrap_err().to_string(), expected, "{document}");
    }
}

#[test]
fn a_provider_that_fails_is_reported_at_the_reference() {
    struct Broken;
    impl Variables for Broken {
        async fn get(&self, name: &str) -> Result<Option<String>, VariablesError> {
            Err(VariablesError { name: name.to_owned(), reason: "the store is away".to_owned() })
        }
    }
    let error = load("[a.validate-jwt]\nheader-name = \"{{h}}\"", &Broken)
        .now_or_never()
        .unwrap()
        .unwrap_err();
    assert_eq!(error.to_string(), "line 2, column 1: variable h cannot be read: the store is away");
}

#[test]
fn two_certificates_for_one_key_are_refused() {
    let text = pem("CERTIFICATE", &certificate());
    let document =
        keys(&format!("<key certificate='{text}' certificate-id='a' />"), "<key>AAAA</key>");
    let error = read_with(&document, vec![("a", text)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2, column 33: key may hold one of a base64 text, certificate-id, certificate, or n and e"
    );
}

#[test]
fn no_debug_output_shows_a_key_or_a_token() {
    let secret = base64(&[0x61; 32]);
    let document = format!(
        "[a.validate-jwt]\ntoken-value = \"abc.def.ghi\"\nissuer-signing-keys = [\"{secret}\"]"
    );
    let set = format!("{:?}", read(&document).unwrap());
    let tree = format!("{:?}", crate::policy::parse(&document).unwrap());
    for shown in [set, tree] {
        assert!(!shown.contains("abc.def"), "{shown}");
        assert!(!shown.contains(&secret) && !shown.contains("97, 97"), "{shown}");
    }
}
