use std::fmt;

use super::algorithm::{ContentEncryption, KeyManagement};
use super::header::Members;
use super::{Claims, Part, SignedToken, Token, TokenError, parse};

/// A well-formed encrypted token.
pub struct EncryptedToken<'a> {
    /// The header.
    pub header: EncryptedHeader,
    /// The first part as it came: what is authenticated besides the ciphertext (RFC 7516 §5.1, step 14).
    pub additional_data: &'a [u8],
    /// The content key, encrypted; empty for `dir`.
    pub encrypted_key: Vec<u8>,
    /// The initialization vector.
    pub iv: Vec<u8>,
    /// The content, encrypted.
    pub ciphertext: Vec<u8>,
    /// The authentication tag.
    pub tag: Vec<u8>,
}

/// An encrypted token's header (RFC 7516 §4).
#[derive(Clone, PartialEq, Eq)]
pub struct EncryptedHeader {
    /// `alg`.
    pub key_management: KeyManagement,
    /// `enc`.
    pub encryption: ContentEncryption,
    /// `kid`: the key's id.
    pub kid: Option<String>,
    /// `x5t`: base64url of the SHA-1 of the key's certificate.
    pub x5t: Option<String>,
    /// `x5t#S256`: base64url of the SHA-256 of the key's certificate.
    pub x5t_s256: Option<String>,
    /// `cty`: `JWT` when the content is a signed token (RFC 7519 §5.2).
    pub cty: Option<String>,
}

/// What an encrypted token holds.
#[derive(Debug)]
pub enum Plaintext<'a> {
    /// A signed token.
    Signed(SignedToken<'a>),
    /// Claims without a signature: whoever has the public key can have written them.
    Claims(Claims),
}

impl EncryptedHeader {
    fn parse(encoded: &str) -> Result<Self, TokenError> {
        let members = Members::parse(encoded)?;
        let key_management = match members.algorithm()? {
            name if name.eq_ignore_ascii_case("none") => return Err(TokenError::AlgorithmNone),
            name => KeyManagement::from_name(name).ok_or(TokenError::AlgorithmUnknown)?,
        };
        let encryption = members.text("enc")?.ok_or(TokenError::EncryptionMissing)?;
        Ok(Self {
            key_management,
            encryption: ContentEncryption::from_name(&encryption)
                .ok_or(TokenError::EncryptionUnknown)?,
            kid: members.text("kid")?,
            x5t: members.text("x5t")?,
            x5t_s256: members.text("x5t#S256")?,
            cty: members.text("cty")?,
        })
    }

    /// Reads what the token held, once it is decrypted.
    ///
    /// # Errors
    ///
    /// What [`parse`] and [`Claims::parse`] refuse, and [`TokenError::NestedTooDeep`] for a token encrypted twice.
    pub fn read<'a>(&self, plaintext: &'a [u8]) -> Result<Plaintext<'a>, TokenError> {
        let says_token = self.cty.as_deref().is_some_and(|cty| {
            cty.eq_ignore_ascii_case("JWT") || cty.eq_ignore_ascii_case("application/jwt")
        });
        if !says_token && plaintext.trim_ascii_start().starts_with(b"{") {
            return Claims::parse(plaintext).map(Plaintext::Claims);
        }
        let text = std::str::from_utf8(plaintext).map_err(|_| TokenError::NotText(Part::Claims))?;
        match parse(text)? {
            Token::Signed(token) => Ok(Plaintext::Signed(token)),
            Token::Encrypted(_) => Err(TokenError::NestedTooDeep),
        }
    }
}

pub(super) fn read<'a>(
    header: &'a str,
    encrypted_key: &str,
    iv: &str,
    ciphertext: &str,
    tag: &str,
) -> Result<EncryptedToken<'a>, TokenError> {
    let parsed = EncryptedHeader::parse(header)?;
    let encrypted_key = match parsed.key_management {
        KeyManagement::RsaOaep | KeyManagement::RsaOaep256 => {
            Part::EncryptedKey.decode(encrypted_key)?
        }
        // RFC 7518 §4.5: the empty octet sequence.
        KeyManagement::Direct if encrypted_key.is_empty() => Vec::new(),
        KeyManagement::Direct => return Err(TokenError::EncryptedKeyUnexpected),
    };
    Ok(EncryptedToken {
        header: parsed,
        additional_data: header.as_bytes(),
        encrypted_key,
        iv: Part::InitializationVector.decode(iv)?,
        ciphertext: Part::Ciphertext.decode(ciphertext)?,
        tag: Part::AuthenticationTag.decode(tag)?,
    })
}

/// Shows the algorithms alone: the rest is the caller's text.
impl fmt::Debug for EncryptedHeader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EncryptedHeader")
            .field("key_management", &self.key_management)
            .field("encryption", &self.encryption)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for EncryptedToken<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EncryptedToken")
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}
