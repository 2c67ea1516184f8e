//! file-relay as a native binary: a Lambda function or an HTTP server.

use std::process::ExitCode;

#[cfg(not(target_family = "wasm"))]
fn main() -> ExitCode {
    use headgate_file_relay::native::{FUNCTION, load};
    headgate_native::run(&FUNCTION, load)
}

#[cfg(target_family = "wasm")]
fn main() -> ExitCode {
    ExitCode::FAILURE
}
