use std::borrow::Cow;
use std::sync::Arc;

use russh::Preferred;
use russh::keys::{Algorithm, PrivateKey, PublicKey, decode_secret_key};

use crate::places::{SftpProof, SftpSettings};

/// The server's keys, and the user's own.
pub(super) struct Keys {
    pub(super) host: Vec<PublicKey>,
    /// `None` where the user has a password.
    pub(super) user: Option<Arc<PrivateKey>>,
}

const fn is_known(algorithm: &Algorithm) -> bool {
    matches!(algorithm, Algorithm::Ed25519 | Algorithm::Ecdsa { .. })
}

impl Keys {
    pub(super) fn read(settings: &SftpSettings) -> Result<Self, &'static str> {
        let host_key = |text: &String| {
            let key = PublicKey::from_openssh(text.trim()).ok();
            key.filter(|key| is_known(&key.algorithm()))
                .ok_or("needs in host-key the server's key of type Ed25519 or ECDSA, as ssh-keyscan writes it behind the host's name")
        };
        let host = settings.host_keys.iter().map(host_key).collect::<Result<Vec<_>, _>>()?;
        if host.is_empty() {
            return Err("needs in host-key the key of the server");
        }
        let user = match &settings.proof {
            SftpProof::Password(_) => None,
            SftpProof::PrivateKey(key, passphrase) => {
                let passphrase = passphrase.as_ref().map(headgate_core::Secret::expose);
                let key = decode_secret_key(key.expose(), passphrase).ok();
                let key = key.filter(|key| is_known(&key.algorithm())).ok_or(
                    "needs in private-key a key of type Ed25519 or ECDSA, and its passphrase if it has one",
                )?;
                Some(Arc::new(key))
            }
        };
        Ok(Self { host, user })
    }

    /// What is asked of the server: a key that is known of it, and nothing that needs one of another type.
    pub(super) fn preferred(&self) -> Preferred {
        let key = self.host.iter().map(PublicKey::algorithm).collect();
        Preferred { key: Cow::Owned(key), ..Preferred::default() }
    }
}
