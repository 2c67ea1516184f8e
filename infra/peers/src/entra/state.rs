use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use headgate_core::{Random, Timestamp};

use crate::issuer::{Guid, SystemRandom};

/// What outlives a request: codes and refresh tokens.
#[derive(Debug, Default)]
pub(super) struct State(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    codes: HashMap<String, Code>,
    refresh_tokens: HashMap<String, Grant>,
}

/// Who consented to what for whom.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) client: Guid,
    pub(super) user: Guid,
    pub(super) is_revoked: bool,
    pub(super) until: Timestamp,
}

/// A code that waits to be redeemed.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) grant: Grant,
    pub(super) redirect_uri: String,
    pub(super) challenge: Option<String>,
    /// Whether a refresh token was asked for.
    pub(super) is_offline: bool,
    pub(super) is_used: bool,
}

impl State {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn keep_code(&self, code: Code) -> String {
        let name = random_text();
        self.kept().codes.insert(name.clone(), code);
        name
    }

    /// Gives a code as it was before this use.
    pub(super) fn use_code(&self, name: &str) -> Option<Code> {
        let mut kept = self.kept();
        let code = kept.codes.get_mut(name)?;
        let before = code.clone();
        code.is_used = true;
        Some(before)
    }

    pub(super) fn keep_refresh_token(&self, grant: Grant) -> String {
        let name = random_text();
        self.kept().refresh_tokens.insert(name.clone(), grant);
        name
    }

    pub(super) fn refresh_token(&self, name: &str) -> Option<Grant> {
        self.kept().refresh_tokens.get(name).cloned()
    }

    pub(super) fn revoke(&self) {
        self.kept().refresh_tokens.values_mut().for_each(|grant| grant.is_revoked = true);
    }
}

/// As long and as opaque as Entra's.
fn random_text() -> String {
    let mut bytes = [0; 64];
    SystemRandom.fill(&mut bytes);
    bytes.iter().fold("0.A".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}
