//! What the test of the official packages stands on.

mod captures;
mod emission;
mod function;
mod sdks;

pub(crate) use captures::{Captured, Captures};
pub(crate) use emission::{Act, SOURCE, emits};
pub(crate) use function::Function;
pub(crate) use sdks::{Sdks, base64, bytes, key};
