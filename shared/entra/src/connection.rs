use headgate_core::{KeyValue, KeyValueError, Random, Secret, Swap};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::application::Identity;
use crate::ports::{Ports, World};
use crate::{SealingKeys, TokenError};

/// Where it is kept, sealed, who signed in for a connection.
pub(crate) struct Connection<'a> {
    keys: &'a SealingKeys,
    key: String,
}

/// Who signed in, as it was read.
pub(crate) struct Kept {
    /// Tells this sign-in from those before and after it.
    pub(crate) sign_in: u64,
    pub(crate) refresh_token: Secret,
    /// The value to compare with.
    bytes: Vec<u8>,
}

#[derive(Deserialize, Serialize)]
struct Written<'a> {
    sign_in: u64,
    refresh_token: &'a str,
}

impl<'a> Connection<'a> {
    pub(crate) fn of(identity: Identity, keys: &'a SealingKeys) -> Self {
        Self { keys, key: format!("entra-connection/{}", identity.hex()) }
    }

    /// Who signed in; `None` when nobody has, or the key that sealed it is gone.
    pub(crate) async fn read<W: World>(
        &self,
        ports: &Ports<W>,
    ) -> Result<Option<Kept>, TokenError> {
        let Some(bytes) = ports.key_value.get(&self.key).await.map_err(unavailable)? else {
            return Ok(None);
        };
        let opened = self.keys.open(&self.key, &bytes);
        let written = opened.as_ref().and_then(|plain| serde_json::from_slice(plain).ok());
        Ok(written.map(|Written { sign_in, refresh_token }| Kept {
            sign_in,
            refresh_token: Secret::new(refresh_token),
            bytes,
        }))
    }

    /// Keeps a new sign-in, whoever signed in before, and gives its number.
    pub(crate) async fn begin<W: World>(
        &self,
        refresh_token: &Secret,
        ports: &Ports<W>,
    ) -> Result<u64, TokenError> {
        let mut number = [0; 8];
        ports.random.fill(&mut number);
        let sign_in = u64::from_be_bytes(number);
        let sealed = self.sealed(sign_in, refresh_token, ports)?;
        ports.key_value.set(&self.key, &sealed).await.map_err(unavailable)?;
        Ok(sign_in)
    }

    /// Keeps the newest refresh token, where there is one: the one before stays valid, but not for as long
    /// (contracts §5.4). Says whether the sign-in is still the one that was read: one that was withdrawn or replaced
    /// meanwhile does not come back.
    pub(crate) async fn renew<W: World>(
        &self,
        kept: &Kept,
        newer: Option<&Secret>,
        ports: &Ports<W>,
    ) -> Result<bool, TokenError> {
        if let Some(newer) = newer {
            let sealed = self.sealed(kept.sign_in, newer, ports)?;
            let swap = ports.key_value.compare_and_swap(&self.key, Some(&kept.bytes), &sealed);
            if swap.await.map_err(unavailable)? == Swap::Stored {
                return Ok(true);
            }
        }
        // Another instance may have renewed it, with a token that is as good.
        let current = self.read(ports).await?;
        Ok(current.is_some_and(|current| current.sign_in == kept.sign_in))
    }

    pub(crate) async fn forget<W: World>(&self, ports: &Ports<W>) -> Result<(), TokenError> {
        ports.key_value.delete(&self.key).await.map_err(unavailable)
    }

    fn sealed<W: World>(
        &self,
        sign_in: u64,
        refresh_token: &Secret,
        ports: &Ports<W>,
    ) -> Result<Vec<u8>, TokenError> {
        let mut plain = Zeroizing::new(Vec::with_capacity(16 * 1024));
        let written = Written { sign_in, refresh_token: refresh_token.expose() };
        serde_json::to_writer(&mut *plain, &written).map_err(|_| TokenError::StoreUnavailable)?;
        let sealed = self.keys.seal(&self.key, &plain, &ports.random);
        sealed.ok_or(TokenError::StoreUnavailable)
    }
}

fn unavailable(_: KeyValueError) -> TokenError {
    TokenError::StoreUnavailable
}

/// Judges a connection's name: 1 to 64 letters, digits, `-`, `_` and `.`.
///
/// # Errors
///
/// [`TokenError::ConnectionMalformed`].
pub fn judge_connection(name: &str) -> Result<(), TokenError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if (1..=64).contains(&name.len()) && name.bytes().all(allowed) {
        Ok(())
    } else {
        Err(TokenError::ConnectionMalformed)
    }
}
