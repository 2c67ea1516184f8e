//! The places where the function runs.

mod artifacts;
mod component;
mod in_process;
mod lambda;
mod native;
mod process;
mod said;
mod served;

use bytes::Bytes;
use http::{Request, Response};
use std::sync::LazyLock;
use tokio::runtime::Runtime;

use crate::face::Face;

pub use artifacts::{Build, component_file, installed, native_binary, program};
pub use component::{ComponentHost, Mounted};
pub use in_process::{Fakes, InProcess};
pub use lambda::Lambda;
pub use native::{Native, environment};
pub use process::Process;
pub use said::Said;
pub use served::Served;

/// A place where the function runs with certain variables.
pub trait Host: Send + Sync {
    /// The address of the identity provider that the function reaches.
    fn issuer(&self) -> &str;

    /// The time that the function's clock shows, in seconds since the epoch.
    fn now(&self) -> u64;

    /// Puts a question to the function.
    ///
    /// # Errors
    ///
    /// Why there is no answer, as text.
    fn ask(&self, face: Face, request: Request<Bytes>) -> Result<Response<Bytes>, String>;
}

/// The runtime that the tests' own servers and clients run on.
pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// The identity provider of the cases, served on loopback for hosts that call it over HTTP.
pub static AUTHORITY: LazyLock<String> =
    LazyLock::new(|| format!("http://{}", RUNTIME.block_on(crate::authority::serve())));
