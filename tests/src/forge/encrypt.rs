use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_128, AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rand;
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{base64url, key, secret};

/// How a recipe's token is encrypted (RFC 7516).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Encryption {
    alg: String,
    enc: String,
    /// The name of an RSA key; for `dir` that of a secret.
    key: String,
    /// Members that are added to the header, or taken out with `null`.
    #[serde(default)]
    header: Map<String, Value>,
}

impl Encryption {
    /// Encrypts `plaintext` into a JWE in compact serialisation; `nested`: it is a token itself.
    pub(super) fn encrypt(&self, plaintext: &str, nested: bool) -> String {
        let mut header = Map::from_iter([
            ("alg".to_owned(), json!(self.alg)),
            ("enc".to_owned(), json!(self.enc)),
            ("kid".to_owned(), json!(self.key)),
        ]);
        if nested {
            header.insert("cty".to_owned(), json!("JWT"));
        }
        super::recipe::overlay(&mut header, &self.header);
        let header = base64url(Value::Object(header).to_string().as_bytes());
        let (content_key, encrypted_key) = self.content_key();
        let (iv, ciphertext, tag) =
            self.seal(&content_key, header.as_bytes(), plaintext.as_bytes());
        let parts = [&encrypted_key, &iv, &ciphertext, &tag].map(|part| base64url(part));
        format!("{header}.{}", parts.join("."))
    }

    fn key_length(&self) -> usize {
        match self.enc.as_str() {
            "A128GCM" => 16,
            "A256GCM" | "A128CBC-HS256" => 32,
            "A256CBC-HS512" => 64,
            other => panic!("no content encryption {other}"),
        }
    }

    /// The content key, and what of it stands in the token.
    fn content_key(&self) -> (Vec<u8>, Vec<u8>) {
        let oaep = match self.alg.as_str() {
            "dir" => return (secret(&self.key)[..self.key_length()].to_vec(), Vec::new()),
            "RSA-OAEP" => &OAEP_SHA1_MGF1SHA1,
            "RSA-OAEP-256" => &OAEP_SHA256_MGF1SHA256,
            other => panic!("no key management {other}"),
        };
        let mut content_key = vec![0; self.key_length()];
        rand::fill(&mut content_key).unwrap();
        let public = PublicEncryptingKey::from_der(&key(&self.key).rsa_public_der()).unwrap();
        let public = OaepPublicEncryptingKey::new(public).unwrap();
        let mut encrypted = vec![0; public.ciphertext_size()];
        let encrypted = public.encrypt(oaep, &content_key, &mut encrypted, None).unwrap().to_vec();
        (content_key, encrypted)
    }

    fn seal(&self, key: &[u8], aad: &[u8], plaintext: &[u8]) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
        match self.enc.as_str() {
            "A128GCM" | "A256GCM" => seal_gcm(key, aad, plaintext),
            _ => seal_cbc(key, aad, plaintext),
        }
    }
}

/// RFC 7518 §5.3.
fn seal_gcm(key: &[u8], aad: &[u8], plaintext: &[u8]) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let algorithm = if key.len() == 16 { &AES_128_GCM } else { &AES_256_GCM };
    let mut iv = [0; 12];
    rand::fill(&mut iv).unwrap();
    let mut content = plaintext.to_vec();
    let tag = LessSafeKey::new(UnboundKey::new(algorithm, key).unwrap())
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(iv), Aad::from(aad), &mut content)
        .unwrap();
    (iv.to_vec(), content, tag.as_ref().to_vec())
}

/// RFC 7518 §5.2.2: the key's first half authenticates, its second half encrypts.
fn seal_cbc(key: &[u8], aad: &[u8], plaintext: &[u8]) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let (mac_key, cipher_key) = key.split_at(key.len() / 2);
    let (cipher, hash) = if cipher_key.len() == 16 {
        (&AES_128, hmac::HMAC_SHA256)
    } else {
        (&AES_256, hmac::HMAC_SHA512)
    };
    let mut iv = [0; 16];
    rand::fill(&mut iv).unwrap();
    let mut content = plaintext.to_vec();
    PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(cipher, cipher_key).unwrap())
        .unwrap()
        .less_safe_encrypt(&mut content, EncryptionContext::Iv128(FixedLength::from(iv)))
        .unwrap();
    let bits = (aad.len() as u64 * 8).to_be_bytes();
    let authenticated = [aad, &iv, &content, &bits].concat();
    let tag = hmac::sign(&hmac::Key::new(hash, mac_key), &authenticated);
    let tag = tag.as_ref()[..mac_key.len()].to_vec();
    (iv.to_vec(), content, tag)
}
