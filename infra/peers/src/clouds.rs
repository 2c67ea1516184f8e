//! `headgate-clouds`: Entra's token endpoints, the instance metadata service and App Service's identity endpoint, for
//! development.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use headgate_peers::entra::Development;
use headgate_peers::identity::{AppService, Assigned, Imds, Machine};
use headgate_peers::issuer::{Guid, Resource, SystemClock, loopback_address};
use headgate_peers::peer::Tls;
use headgate_peers::told_to_stop;

/// Stand-ins for Azure's sign-in and identity endpoints, on loopback alone and for development only.
///
/// The client's secret, the user's password and IDENTITY_HEADER are one text, which is made at the first start and kept
/// as client-secret in the state directory.
#[derive(Debug, Parser)]
#[command(name = "headgate-clouds", version)]
struct Arguments {
    /// Where Entra's endpoints listen.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:3002")]
    entra: String,
    /// Where the instance metadata service listens.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:3003")]
    imds: String,
    /// Where App Service's identity endpoint listens.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:3004")]
    app_service: String,
    /// Where the keys and the secret are kept over restarts.
    #[arg(long, value_name = "DIR", default_value = ".headgate/clouds")]
    state_dir: PathBuf,
    /// Serve Entra's endpoints over TLS with this certificate, in PEM: Microsoft's own libraries want https.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// The certificate's private key, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Register an API besides the known ones, with the version of its tokens, as api://orders=v1; may be repeated.
    #[arg(long, value_name = "URI=v1|v2")]
    api: Vec<Resource>,
}

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr().lock(), "headgate-clouds: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let listen: [SocketAddr; 3] = [
        loopback_address(&arguments.entra)?,
        loopback_address(&arguments.imds)?,
        loopback_address(&arguments.app_service)?,
    ];
    let [entra, imds, app_service] = listen;
    let (state_dir, apis) = (arguments.state_dir, arguments.api);
    let tls = match (arguments.tls_certificate, arguments.tls_key) {
        (Some(certificate), Some(key)) => {
            let [certificate, key] =
                [std::fs::read_to_string(certificate)?, std::fs::read_to_string(key)?];
            Some(Tls::from_pem(&certificate, &key)?)
        }
        _ => None,
    };
    let (entra, secret) = Development { listen: entra, state_dir, tls, apis }.start().await?;
    let machine = || Machine {
        issuer: Arc::clone(entra.issuer()),
        clock: Arc::new(SystemClock),
        identities: vec![Assigned {
            client_id: Guid::derived_from("development identity"),
            object_id: Guid::derived_from("development principal"),
            resource_id:
                "/subscriptions/development/providers/Microsoft.Compute/virtualMachines/laptop"
                    .to_owned(),
            is_system: true,
        }],
        resources: entra.resources(),
        lifetime: 24 * 60 * 60,
    };
    let imds = Imds::start(imds, machine()).await?;
    let app_service = AppService::start(app_service, machine(), secret).await?;
    writeln!(
        std::io::stdout().lock(),
        "headgate-clouds is ready, for development only: entra {}, imds {}, app service {}/MSI/token",
        entra.base_url(),
        imds.base_url(),
        app_service.base_url(),
    )?;
    told_to_stop().await?;
    entra.stop().await;
    imds.stop().await;
    app_service.stop().await;
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
