use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{key, secret};

/// What stands for `${…}` in a case's files.
///
/// | placeholder | stands for |
/// | --- | --- |
/// | `${issuer}` | the authority's address, without a slash at the end |
/// | `${token}` | the case's token |
/// | `${token-in-query}` | the same, percent-encoded |
/// | `${n:KEY}`, `${e:KEY}` | an RSA key's modulus and exponent, base64url |
/// | `${certificate:KEY}` | a certificate of the key in PEM |
/// | `${private-key:KEY}` | the key's private half in PEM |
/// | `${base64:LENGTH:NAME}` | the first bytes of a shared secret, base64 |
/// | `${sha256:TEXT}` | the hash of the text, hexadecimal |
///
/// `${secret:…}` is the function's own and is left as it is.
#[derive(Clone, Debug, Default)]
pub struct Placeholders {
    /// `${issuer}`.
    pub issuer: String,
    /// `${token}`.
    pub token: Option<String>,
}

impl Placeholders {
    /// Replaces every placeholder in `text`.
    ///
    /// # Panics
    ///
    /// When there is one that the table does not have.
    #[must_use]
    pub fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').expect("a placeholder is closed");
            filled.push_str(before);
            filled.push_str(&self.value(name));
            rest = after;
        }
        filled + rest
    }

    /// What stands for `${NAME}`.
    pub(crate) fn value(&self, name: &str) -> String {
        let member = |key_name: &str, member: &str| {
            key(key_name).jwk()[member].as_str().expect("an RSA key").to_owned()
        };
        match name.split_once(':').unwrap_or((name, "")) {
            ("issuer", "") => self.issuer.clone(),
            ("token", "") => self.token.clone().expect("the case has a token.json"),
            ("token-in-query", "") => {
                let token = self.token.as_ref().expect("the case has a token.json");
                utf8_percent_encode(token, NON_ALPHANUMERIC).to_string()
            }
            ("n", name) => member(name, "n"),
            ("e", name) => member(name, "e"),
            ("certificate", name) => key(name).certificate_pem(),
            ("private-key", name) => key(name).private_pem(),
            ("base64", length_and_name) => {
                let (length, name) = length_and_name.split_once(':').expect("LENGTH:NAME");
                STANDARD.encode(&secret(name)[..length.parse().expect("a length")])
            }
            ("sha256", text) => digest(&SHA256, text.as_bytes())
                .as_ref()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            ("secret", _) => format!("${{{name}}}"),
            _ => panic!("no placeholder ${{{name}}}"),
        }
    }
}
