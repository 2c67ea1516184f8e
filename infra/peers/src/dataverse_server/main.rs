//! `headgate-dataverse`: an environment's Dataverse and its connections API, for development.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use headgate_peers::connections::{ConnectionsApi, ConnectionsConfig};
use headgate_peers::dataverse::{Dataverse, DataverseConfig, DesktopFlow, Ending, Ends};
use headgate_peers::issuer::{Guid, SystemClock, loopback_address};
use headgate_peers::{Bearers, told_to_stop};
use serde_json::{Value, json};

/// Stand-ins for an environment's Dataverse with two desktop flows, and for its connections API, on loopback alone and for
/// development only. Robots run for two seconds and do no work; callbacks go to this machine over http.
#[derive(Debug, Parser)]
#[command(name = "headgate-dataverse", version)]
struct Arguments {
    /// Where Dataverse listens.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:3005")]
    dataverse: String,
    /// Where the connections API listens.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:3006")]
    connections: String,
    /// Who signs the tokens: the address of headgate-clouds' Entra endpoints.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:3002")]
    entra: String,
    /// The environment's id.
    #[arg(long, value_name = "ID", default_value = "37520647-dbdf-49fa-ba01-6134c14680c4")]
    environment: String,
    /// The password with which a connection works.
    #[arg(long, value_name = "PASSWORD", default_value = "robot")]
    password: String,
}

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr().lock(), "headgate-dataverse: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let bearers = Bearers::published_at(&arguments.entra).await?;
    let dataverse = Dataverse::start(DataverseConfig {
        listen: loopback_address(&arguments.dataverse)?,
        bearers: bearers.clone(),
        flows: flows(),
        takes_loopback_callbacks: true,
        ..DataverseConfig::default()
    })
    .await?;
    let connections = ConnectionsApi::start(ConnectionsConfig {
        listen: loopback_address(&arguments.connections)?,
        bearers,
        audience: "https://api.powerplatform.com".to_owned(),
        environment: arguments.environment,
        machine_groups: vec![Guid::derived_from("machine group")],
        password: arguments.password,
        clock: Arc::new(SystemClock),
    })
    .await?;
    writeln!(
        std::io::stdout().lock(),
        "headgate-dataverse is ready, for development only: dataverse {}, connections {}, machine group {}",
        dataverse.base_url(),
        connections.base_url(),
        Guid::derived_from("machine group"),
    )?;
    told_to_stop().await?;
    dataverse.stop().await;
    connections.stop().await;
    Ok(())
}

/// One that greets, and one whose machine is never free.
fn flows() -> Vec<DesktopFlow> {
    let property = |name: &str| json!({ name: { "title": name, "type": "string", "format": null, "default": "", "description": "" } });
    let flow = |name: &str, inputs: Value, outputs: Value, ending| DesktopFlow {
        id: Guid::derived_from(name),
        name: name.to_owned(),
        inputs: json!({ "type": "object", "properties": inputs }),
        outputs: json!({ "type": "object", "properties": outputs }),
        ends: Ends::After(Duration::from_secs(2), ending),
    };
    let greeting = Ending::succeeded(json!({ "Greeting": "Hello, ${Name}!" }));
    let busy =
        Ending::failed("NoCandidateMachine", "No machine was available to run the desktop flow.");
    vec![
        flow("Greet", property("Name"), property("Greeting"), greeting),
        flow("Never free", json!({}), json!({}), busy),
    ]
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
