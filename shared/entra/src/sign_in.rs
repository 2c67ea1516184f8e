use std::time::Duration;

use headgate_core::{Clock, KeyValue, Random, Secret, Swap, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::code_grant::{Verifier, random_text};
use crate::ports::{Ports, World};
use crate::{Scope, SealingKeys, TokenError};

/// A sign-in that has begun: where the person's browser is to go.
///
/// `Debug` shows neither: the address holds the state as well.
pub struct SignIn {
    /// The address of Entra's page, with the request in its query.
    pub url: String,
    /// What comes back as `state`. The function keeps it in a cookie of the browser that began (`Secure`, `HttpOnly`,
    /// `SameSite=Lax`) and compares: otherwise somebody could have another person complete the sign-in that they began.
    pub state: Secret,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SignIn(…)")
    }
}

/// A sign-in that is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The credential.
    pub credential: String,
    /// The connection that may now act.
    pub connection: String,
}

/// How long a person may take.
const LIFETIME: Duration = Duration::from_secs(10 * 60);
const PREFIX: &str = "entra-sign-in/";
/// What takes the place of a sign-in that was completed, until it is removed.
const USED: &[u8] = b"used";
/// How many abandoned sign-ins one new one clears away.
const CLEARED: usize = 16;

/// What is remembered between the two halves of a sign-in.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) credential: String,
    pub(crate) connection: String,
    pub(crate) scope: Scope,
    pub(crate) verifier: Verifier,
}

#[derive(Deserialize, Serialize)]
struct Written<'a> {
    credential: &'a str,
    connection: &'a str,
    scope: &'a str,
    verifier: &'a str,
    /// Milliseconds since the epoch.
    until: u64,
}

impl Begun {
    /// Keeps the sign-in, sealed, and gives the state by which it is found.
    pub(crate) async fn keep<W: World>(
        &self,
        keys: &SealingKeys,
        ports: &Ports<W>,
    ) -> Result<Secret, TokenError> {
        let now = ports.clock.now();
        clear(keys, now, ports).await?;
        let state = random_text(&ports.random);
        let key = key(state.expose());
        let sealed = self.sealed(&key, now.plus(LIFETIME), keys, &ports.random)?;
        ports.key_value.set(&key, &sealed).await.map_err(|_| TokenError::StoreUnavailable)?;
        Ok(state)
    }

    fn sealed(
        &self,
        key: &str,
        until: Timestamp,
        keys: &SealingKeys,
        random: &impl Random,
    ) -> Result<Vec<u8>, TokenError> {
        let written = Written {
            credential: &self.credential,
            connection: &self.connection,
            scope: self.scope.as_str(),
            verifier: self.verifier.expose(),
            until: until.as_millis(),
        };
        let mut plain = Zeroizing::new(Vec::with_capacity(4 * 1024));
        serde_json::to_writer(&mut *plain, &written).map_err(|_| TokenError::StoreUnavailable)?;
        keys.seal(key, &plain, random).ok_or(TokenError::StoreUnavailable)
    }

    /// Takes the sign-in that `state` stands for: once, and in time.
    pub(crate) async fn take<W: World>(
        state: &str,
        keys: &SealingKeys,
        ports: &Ports<W>,
    ) -> Result<Self, TokenError> {
        let unavailable = |_| TokenError::StoreUnavailable;
        let key = key(state);
        let bytes = ports.key_value.get(&key).await.map_err(unavailable)?;
        let bytes = bytes.ok_or(TokenError::SignInUnknown)?;
        let (begun, until) = opened(&key, &bytes, keys).ok_or(TokenError::SignInUnknown)?;
        // Of two who come with the same state, one alone swaps it away.
        let swap = ports.key_value.compare_and_swap(&key, Some(&bytes), USED).await;
        if swap.map_err(unavailable)? == Swap::Conflict {
            return Err(TokenError::SignInUnknown);
        }
        ports.key_value.delete(&key).await.map_err(unavailable)?;
        if ports.clock.now() < until { Ok(begun) } else { Err(TokenError::SignInUnknown) }
    }
}

/// Removes sign-ins that nobody completed in time.
async fn clear<W: World>(
    keys: &SealingKeys,
    now: Timestamp,
    ports: &Ports<W>,
) -> Result<(), TokenError> {
    let unavailable = |_| TokenError::StoreUnavailable;
    let begun = ports.key_value.list(PREFIX).await.map_err(unavailable)?;
    for key in begun.into_iter().take(CLEARED) {
        let bytes = ports.key_value.get(&key).await.map_err(unavailable)?;
        let alive = bytes
            .and_then(|bytes| opened(&key, &bytes, keys))
            .is_some_and(|(_, until)| now < until);
        if !alive {
            ports.key_value.delete(&key).await.map_err(unavailable)?;
        }
    }
    Ok(())
}

fn opened(key: &str, sealed: &[u8], keys: &SealingKeys) -> Option<(Begun, Timestamp)> {
    let plain = keys.open(key, sealed)?;
    let written: Written<'_> = serde_json::from_slice(&plain).ok()?;
    let begun = Begun {
        credential: written.credential.to_owned(),
        connection: written.connection.to_owned(),
        scope: Scope::parse(written.scope).ok()?,
        verifier: Verifier::kept(written.verifier.to_owned()),
    };
    Some((begun, Timestamp::since_epoch(Duration::from_millis(written.until))))
}

/// The state itself is not in the store: who reads its keys cannot complete a sign-in.
fn key(state: &str) -> String {
    Sha256::digest(state)
        .iter()
        .take(16)
        .fold(PREFIX.to_owned(), |key, byte| key + &format!("{byte:02x}"))
}
