use std::path::{Path, PathBuf};

/// The native binary, as `cargo build` makes it.
///
/// # Errors
///
/// How to make it, when it is not there.
pub fn native_binary() -> Result<PathBuf, String> {
    let path = profile_directory().join("token-validation");
    found(path, "cargo build -p headgate-token-validation")
}

/// A native program of this name, as `cargo build` makes it of a package, or as `HEADGATE_TEST_PROFILE` does: the name of another
/// profile's folder, as `native`.
///
/// # Errors
///
/// How to make it, when it is not there.
#[expect(clippy::disallowed_methods, reason = "who runs the test chooses it")]
pub fn program(name: &str, package: &str) -> Result<PathBuf, String> {
    let own = profile_directory();
    match std::env::var("HEADGATE_TEST_PROFILE") {
        Ok(profile) => {
            let command = format!("cargo build --profile {profile} -p {package}");
            found(own.join("..").join(profile).join(name), &command)
        }
        Err(_) => found(own.join(name), &format!("cargo build -p {package}")),
    }
}

/// Which components: those for any host, or those for hosts that can do more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// As `just build-components` makes them.
    Portable,
    /// As `just build-wide` makes them: with wide arithmetic, and with the host's SHA-256.
    Wide,
}

/// The component of this name.
///
/// # Errors
///
/// How to make it, when it is not there.
pub fn component_file(build: Build, name: &str) -> Result<PathBuf, String> {
    let (folder, command) = match build {
        Build::Portable => ("..", "just build-components"),
        Build::Wide => ("../wide", "just build-wide"),
    };
    let target = profile_directory().join(folder);
    found(target.join("wasm32-wasip2/component").join(name), command)
}

/// A program that `just setup-tests` installs.
///
/// # Errors
///
/// How to install it, when it is not there.
pub fn installed(name: &str) -> Result<PathBuf, String> {
    found(profile_directory().join("../test-peers").join(name), "just setup-tests")
}

/// Where cargo put this test's executable, without its `deps`.
fn profile_directory() -> PathBuf {
    let executable = std::env::current_exe().unwrap();
    executable.parent().and_then(Path::parent).unwrap().to_owned()
}

fn found(path: PathBuf, command: &str) -> Result<PathBuf, String> {
    if path.exists() {
        return Ok(path);
    }
    Err(format!("{} is missing: run `{command}`", path.display()))
}
