//! file-relay as a native binary: a Lambda function or an HTTP server.

use std::process::ExitCode;

/// What is read comes in pieces of some hundred KiB, each taken anew. The system's allocator gives their pages back to the
/// kernel and has them cleared again, which is an eighth of the time of a long file.
#[cfg(not(target_family = "wasm"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[cfg(not(target_family = "wasm"))]
fn main() -> ExitCode {
    use headgate_file_relay::native::{FUNCTION, load};
    headgate_native::run(&FUNCTION, load)
}

#[cfg(target_family = "wasm")]
fn main() -> ExitCode {
    ExitCode::FAILURE
}
