use std::collections::BTreeMap;
use std::process::Command;

use super::instance::Instance;
use crate::host::{Process, environment, native_binary};

/// Starts the native binary with these variables, and with `own` in its environment besides, on a free port.
///
/// # Errors
///
/// What it says instead of becoming ready, or how to make it.
pub fn start_native(
    variables: &BTreeMap<String, String>,
    own: &BTreeMap<String, String>,
) -> Result<(Process, Instance), String> {
    let program = native_binary()?.with_file_name("circuit-breaker");
    if !program.exists() {
        return Err(format!(
            "{} is missing: run `cargo build -p headgate-circuit-breaker`",
            program.display()
        ));
    }
    let mut command = Command::new(program);
    command.env_clear().envs(environment(variables)).envs(own).env("PORT", "0");
    let (process, address) = Process::start_and_wait(&mut command)?;
    Ok((process, Instance::at(address, "")))
}
