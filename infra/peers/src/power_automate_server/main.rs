//! `headgate-power-automate`: an environment's cloud flows, for development.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use headgate_core::Secret;
use headgate_peers::dataverse::get_json;
use headgate_peers::issuer::{DEFAULT_TENANT, Guid, loopback_address};
use headgate_peers::power_automate::{
    CloudFlow, Does, FlowAnswer, MayCall, PowerAutomate, PowerAutomateConfig, Trusted,
};
use headgate_peers::told_to_stop;
use serde_json::{Value, json};

/// A stand-in for an environment's cloud flows, on loopback alone and for development only: one answers at once, one later, one
/// never, and one is called by its signature.
#[derive(Debug, Parser)]
#[command(name = "headgate-power-automate", version)]
struct Arguments {
    /// Where it listens.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:3007")]
    listen: String,
    /// Who signs the tokens: the address of headgate-clouds' Entra endpoints.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:3002")]
    entra: String,
    /// The signature by which the flow `notify` is called.
    #[arg(long, value_name = "SIG", default_value = "local-development-signature")]
    signature: String,
}

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr().lock(), "headgate-power-automate: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let flows = flows(&arguments.signature);
    let ids: Vec<_> = flows.iter().map(|(name, flow)| (*name, flow.id)).collect();
    let running = PowerAutomate::start(PowerAutomateConfig {
        listen: loopback_address(&arguments.listen)?,
        trusted: Trusted::Keys(keys(&arguments.entra).await?),
        flows: flows.into_iter().map(|(_, flow)| flow).collect(),
        ..PowerAutomateConfig::default()
    })
    .await?;
    let mut out = std::io::stdout().lock();
    for (name, id) in ids {
        let address = running.address(id).unwrap_or_default();
        let address = address.split("&sp=").next().unwrap_or_default();
        writeln!(out, "flow {name}: {address}")?;
    }
    writeln!(
        out,
        "headgate-power-automate is ready, for development only: {}",
        running.base_url()
    )?;
    drop(out);
    told_to_stop().await?;
    running.stop().await;
    Ok(())
}

fn flows(signature: &str) -> [(&'static str, CloudFlow); 4] {
    let flow = |name: &str, does| CloudFlow::new(Guid::derived_from(name), does);
    let approved = FlowAnswer::of(200, json!({ "approved": true }));
    let later = Does::AnswersLater { looks: 2, retry_after: Some(1), answer: approved };
    let notify = CloudFlow {
        may_call: MayCall::Anyone(Secret::new(signature)),
        ..flow("notify", Does::Accepts)
    };
    [
        ("echo", flow("echo", Does::Answers(FlowAnswer::echo()))),
        ("approve", flow("approve", later)),
        ("broken", flow("broken", Does::NeverAnswers)),
        ("notify", notify),
    ]
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
