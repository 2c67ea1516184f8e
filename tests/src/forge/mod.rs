//! Keys, tokens and secrets that the tests make for themselves, each run anew.

mod encrypt;
mod key;
mod placeholders;
mod recipe;
mod weak_key;

pub use key::{Key, key, secret};
pub use placeholders::Placeholders;
pub use recipe::Recipe;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Encodes base64url without padding (RFC 7515 §2).
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
