//! `headgate-graph`: a drive of Microsoft Graph, for development.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use headgate_peers::graph::{Graph, GraphConfig};
use headgate_peers::issuer::loopback_address;
use headgate_peers::{Bearers, told_to_stop};

/// A stand-in for the files of Microsoft Graph: one drive, /drives/b!development, with one file, on loopback alone and for
/// development only.
#[derive(Debug, Parser)]
#[command(name = "headgate-graph", version)]
struct Arguments {
    /// Where it listens.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:3009")]
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
            let _ = writeln!(std::io::stderr().lock(), "headgate-graph: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let bearers = Bearers::published_at(&arguments.entra).await?;
    let listen = loopback_address(&arguments.listen)?;
    let config = GraphConfig { listen, bearers, makes_folders: true, ..GraphConfig::default() };
    let drive = config.drive.clone();
    let running = Graph::start(config).await?;
    running.graph().put("hello.txt", "Hello from a drive.\n", "text/plain");
    writeln!(
        std::io::stdout().lock(),
        "headgate-graph is ready, for development only: {}{drive}",
        running.base_url()
    )?;
    told_to_stop().await?;
    running.stop().await;
    Ok(())
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
