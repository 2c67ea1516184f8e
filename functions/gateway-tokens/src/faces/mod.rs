//! What the routes answer.

mod attempts;
mod members;
mod registration;
mod tokens;

pub(crate) use attempts::attempts;
pub(crate) use registration::register;
pub(crate) use tokens::{all_tokens, delete, tokens_of};
