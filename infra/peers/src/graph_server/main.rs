//! `headgate-graph`: two drives of Microsoft Graph, for development.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use headgate_peers::graph::{Graph, GraphConfig, GraphRunning};
use headgate_peers::issuer::loopback_address;
use headgate_peers::{Bearers, told_to_stop};

/// A stand-in for the files of Microsoft Graph: the drive /drives/b!development with one file, and at another address the drive
/// /drives/b!archive, on loopback alone and for development only.
#[derive(Debug, Parser)]
#[command(name = "headgate-graph", version)]
struct Arguments {
    /// Where it listens.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:3009")]
    listen: String,
    /// Where the other drive is.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:3010")]
    archive: String,
    /// Who signs the tokens: the address of headgate-clouds' Entra endpoints.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:3002")]
    entra: String,
}

const DEVELOPMENT: &str = "/drives/b!development";
const ARCHIVE: &str = "/drives/b!archive";

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
    let drive = async |listen: &str, drive: &str| -> Result<GraphRunning, Failure> {
        let (listen, bearers) = (loopback_address(listen)?, bearers.clone());
        let (drive, makes_folders) = (drive.to_owned(), true);
        let config =
            GraphConfig { listen, bearers, drive, makes_folders, ..GraphConfig::default() };
        Ok(Graph::start(config).await?)
    };
    let development = drive(&arguments.listen, DEVELOPMENT).await?;
    let archive = drive(&arguments.archive, ARCHIVE).await?;
    development.graph().put("hello.txt", "Hello from a drive.\n", "text/plain");
    writeln!(
        std::io::stdout().lock(),
        "headgate-graph is ready, for development only: {}{DEVELOPMENT} and {}{ARCHIVE}",
        development.base_url(),
        archive.base_url()
    )?;
    told_to_stop().await?;
    development.stop().await;
    archive.stop().await;
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
