//! The routes: how each asks and answers.

mod backends;
mod body_watch;
mod manual;
mod outcomes;
mod proxy;
mod way;

pub(crate) use backends::{all_backends, one_backend};
pub(crate) use manual::{reset, trip};
pub(crate) use outcomes::outcomes;
pub(crate) use proxy::proxy;
