//! `headgate-arm`: Azure Resource Manager's list of subscriptions, for development.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use headgate_peers::arm::{Arm, ArmConfig};
use headgate_peers::dataverse::{Bearers, get_json};
use headgate_peers::issuer::{DEFAULT_TENANT, loopback_address};
use serde_json::Value;

/// A stand-in for Azure Resource Manager with three subscriptions on two pages, on loopback alone and for development only.
#[derive(Debug, Parser)]
#[command(name = "headgate-arm", version)]
struct Arguments {
    /// Where it listens.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:3008")]
    listen: String,
    /// Who signs the tokens: the address of headgate-clouds' Entra endpoints.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:3002")]
    entra: String,
}

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr().lock(), "headgate-arm: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let bearers = Bearers::Keys(keys(&arguments.entra).await?);
    let listen = loopback_address(&arguments.listen)?;
    let arm = Arm::start(ArmConfig { listen, bearers, ..ArmConfig::default() }).await?;
    writeln!(
        std::io::stdout().lock(),
        "headgate-arm is ready, for development only: {}",
        arm.base_url()
    )?;
    told_to_stop().await?;
    arm.stop().await;
    Ok(())
}

/// The keys by which tokens are verified, by way of the issuer's metadata.
async fn keys(entra: &str) -> Result<Vec<Value>, Failure> {
    let metadata = format!("{entra}/{DEFAULT_TENANT}/.well-known/openid-configuration");
    let metadata =
        get_json(&metadata).await.ok_or("there is no metadata: start headgate-clouds first")?;
    let address =
        metadata.get("jwks_uri").and_then(Value::as_str).ok_or("metadata has no jwks_uri")?;
    let mut set = get_json(address).await.ok_or("the keys cannot be read")?;
    match set.get_mut("keys").map(Value::take) {
        Some(Value::Array(keys)) => Ok(keys),
        _ => Err("the keys are none".into()),
    }
}

/// Waits for Ctrl-C or SIGTERM.
async fn told_to_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminated = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminated.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
