use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use super::carrier::Carrier;
use crate::host::{Process, environment, program};

/// Starts the native binary with these variables on a free port, with its store in a folder, or in memory alone.
///
/// # Errors
///
/// What it says instead of becoming ready, or how to make it.
pub fn start_native(
    variables: &BTreeMap<String, String>,
    state: Option<&Path>,
) -> Result<(Process, Carrier), String> {
    let mut command = Command::new(program("file-relay", "headgate-file-relay")?);
    command.env_clear().envs(environment(variables)).env("PORT", "0");
    if let Some(state) = state {
        command.env("HEADGATE_STATE_DIR", state);
    }
    let (process, address) = Process::start_and_wait(&mut command)?;
    Ok((process, Carrier::at(address)))
}
