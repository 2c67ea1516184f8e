use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::backend::{Backend, Hash, OaepHash};
use super::{KeyError, Platform};
use crate::token::{ContentEncryption, EncryptedToken, KeyManagement};

/// A key that opens encrypted tokens.
pub struct DecryptionKey(OpenerOn<Platform>);

/// Says that a key does not open a token, and never why: a reason would be an oracle (RFC 7516 §11.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token cannot be decrypted with this key")]
pub struct DecryptionFailed;

impl DecryptionKey {
    /// Reads an RSA private key, PKCS#8 in DER, of 2048 to 8192 bits: for `RSA-OAEP` and `RSA-OAEP-256`.
    ///
    /// # Errors
    ///
    /// [`KeyError::PrivateKeyMalformed`].
    pub fn rsa_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        OpenerOn::rsa_pkcs8(der).map(Self)
    }

    /// Takes a symmetric key, for `dir`. It opens the content encryptions whose key has exactly its length.
    #[must_use]
    pub fn symmetric(secret: &[u8]) -> Self {
        Self(OpenerOn::symmetric(secret))
    }

    /// Opens the token.
    ///
    /// # Errors
    ///
    /// [`DecryptionFailed`] for every reason alike.
    pub fn decrypt(
        &self,
        token: &EncryptedToken<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, DecryptionFailed> {
        self.0.decrypt(token).ok_or(DecryptionFailed)
    }
}

/// Shows the kind of key, and nothing of it.
impl fmt::Debug for DecryptionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0 {
            OpenerOn::Rsa(_) => "DecryptionKey(RSA …)",
            OpenerOn::Symmetric(_) => "DecryptionKey(symmetric …)",
        })
    }
}

/// A decryption key on one backend: what the tests run on both.
pub(super) enum OpenerOn<B: Backend> {
    Rsa(B::RsaPrivate),
    Symmetric(Zeroizing<Vec<u8>>),
}

impl<B: Backend> OpenerOn<B> {
    pub(super) fn rsa_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        B::rsa_private(der).map(Self::Rsa).ok_or(KeyError::PrivateKeyMalformed)
    }

    pub(super) fn symmetric(secret: &[u8]) -> Self {
        Self::Symmetric(Zeroizing::new(secret.to_vec()))
    }

    pub(super) fn decrypt(&self, token: &EncryptedToken<'_>) -> Option<Zeroizing<Vec<u8>>> {
        let hash = match token.header.key_management {
            KeyManagement::RsaOaep => Some(OaepHash::Sha1),
            KeyManagement::RsaOaep256 => Some(OaepHash::Sha256),
            KeyManagement::Direct => None,
        };
        match (self, hash) {
            (Self::Rsa(key), Some(hash)) => {
                let length = token.header.encryption.key_length();
                let content_key = B::open_oaep(key, hash, &token.encrypted_key)
                    .filter(|content_key| content_key.len() == length);
                // A content key that does not unwrap costs the same work as one that does and then does not fit, so
                // that neither time nor outcome tells them apart. What the substitute opens is thrown away.
                let substitute = Zeroizing::new(vec![0; length]);
                let plaintext = open::<B>(token, content_key.as_ref().unwrap_or(&substitute));
                content_key.and(plaintext)
            }
            (Self::Symmetric(secret), None)
                if secret.len() == token.header.encryption.key_length() =>
            {
                open::<B>(token, secret)
            }
            _ => None,
        }
    }
}

/// Opens the content with a key of exactly the right length.
fn open<B: Backend>(token: &EncryptedToken<'_>, key: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (hash, mac_length) = match token.header.encryption {
        ContentEncryption::A128Gcm | ContentEncryption::A256Gcm => {
            return B::open_gcm(
                key,
                &token.iv,
                token.additional_data,
                &token.ciphertext,
                &token.tag,
            );
        }
        ContentEncryption::A128CbcHs256 => (Hash::Sha256, 16),
        ContentEncryption::A256CbcHs512 => (Hash::Sha512, 32),
    };
    // RFC 7518 §5.2.2.2: the first half of the key authenticates, the second half decrypts.
    let (mac_key, cipher_key) = key.split_at_checked(mac_length)?;
    let additional_bits = (token.additional_data.len() as u64).checked_mul(8)?.to_be_bytes();
    let mac = B::hmac(
        hash,
        mac_key,
        &[token.additional_data, &token.iv, &token.ciphertext, &additional_bits],
    );
    let expected = mac.get(..mac_length)?;
    if !bool::from(expected.ct_eq(&token.tag)) {
        return None;
    }
    B::open_cbc(cipher_key, &token.iv, &token.ciphertext)
}
