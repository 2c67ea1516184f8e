use headgate_core::{KeyValue, Secret};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::application::Identity;
use crate::ports::{Ports, World};
use crate::{SealingKeys, TokenError};

/// Where the refresh token of who signed in for a connection is kept, sealed.
pub(crate) struct Connection<'a> {
    keys: &'a SealingKeys,
    key: String,
}

#[derive(Deserialize, Serialize)]
struct Kept<'a> {
    refresh_token: &'a str,
}

impl<'a> Connection<'a> {
    pub(crate) fn of(identity: Identity, keys: &'a SealingKeys) -> Self {
        Self { keys, key: format!("entra-connection/{}", identity.hex()) }
    }

    /// The refresh token; `None` when nobody has signed in, or the key that sealed it is gone.
    pub(crate) async fn refresh_token<W: World>(
        &self,
        ports: &Ports<W>,
    ) -> Result<Option<Secret>, TokenError> {
        let sealed =
            ports.key_value.get(&self.key).await.map_err(|_| TokenError::StoreUnavailable)?;
        let opened = sealed.and_then(|sealed| self.keys.open(&self.key, &sealed));
        let kept = opened.as_ref().and_then(|plain| serde_json::from_slice::<Kept<'_>>(plain).ok());
        Ok(kept.map(|kept| Secret::new(kept.refresh_token)))
    }

    /// Keeps the newest refresh token: the one before stays valid, but not for as long (contracts §5.4).
    pub(crate) async fn keep<W: World>(
        &self,
        refresh_token: &Secret,
        ports: &Ports<W>,
    ) -> Result<(), TokenError> {
        let mut plain = Zeroizing::new(Vec::with_capacity(16 * 1024));
        let kept = Kept { refresh_token: refresh_token.expose() };
        serde_json::to_writer(&mut *plain, &kept).map_err(|_| TokenError::StoreUnavailable)?;
        let sealed = self.keys.seal(&self.key, &plain, &ports.random);
        let sealed = sealed.ok_or(TokenError::StoreUnavailable)?;
        ports.key_value.set(&self.key, &sealed).await.map_err(|_| TokenError::StoreUnavailable)
    }

    pub(crate) async fn forget<W: World>(&self, ports: &Ports<W>) -> Result<(), TokenError> {
        ports.key_value.delete(&self.key).await.map_err(|_| TokenError::StoreUnavailable)
    }
}

/// Judges a connection's name.
pub(crate) fn judged_name(name: &str) -> Result<(), TokenError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if (1..=64).contains(&name.len()) && name.bytes().all(allowed) {
        Ok(())
    } else {
        Err(TokenError::ConnectionMalformed)
    }
}
