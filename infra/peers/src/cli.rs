use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use headgate_peers::issuer::{
    Algorithm, DEFAULT_AUDIENCE, DEFAULT_CLIENT_ID, DEFAULT_LISTEN, DEFAULT_STATE_DIR,
    DEFAULT_TENANT, Issuer, IssuerConfig, Resource, StandardOutput, StateDir, TokenRequest,
    TokenVersion, loopback_address, request_token,
};
use tokio::signal;

/// A local identity issuer for development, shaped like Microsoft Entra ID.
///
/// It gives a token to whoever asks on this machine, and therefore listens on loopback alone. Never use it, its keys or
/// its tokens for anything but development.
#[derive(Debug, Parser)]
#[command(name = "headgate-issuer", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the issuer until Ctrl-C.
    Serve(Serve),
    /// Get a token from a running issuer over HTTP, and print it.
    Token(Box<Token>),
}

#[derive(Debug, Args)]
struct Serve {
    /// Where to listen; only loopback is accepted.
    #[arg(long, value_name = "HOST:PORT", default_value = DEFAULT_LISTEN)]
    listen: String,
    /// Where the keys and the client's secret are kept over restarts.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_STATE_DIR)]
    state_dir: PathBuf,
    /// Register an API besides api://headgate, with the version of its tokens, as api://orders=v1; may be repeated.
    #[arg(long, value_name = "URI=v1|v2")]
    resource: Vec<Resource>,
    /// Publish a key for this algorithm besides RS and PS, as ES256 or EdDSA; may be repeated.
    #[arg(long, value_name = "ALG")]
    alg: Vec<Algorithm>,
    /// Sign with a new key this often, as 24h; the one before it stays published.
    #[arg(long, value_name = "DURATION", value_parser = positive_duration)]
    rotate_every: Option<Duration>,
}

#[derive(Debug, Args)]
struct Token {
    /// The issuer's address.
    #[arg(long, value_name = "URL", default_value_t = format!("http://{DEFAULT_LISTEN}"))]
    issuer_url: String,
    /// Where the issuer keeps the client's secret.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_STATE_DIR)]
    state_dir: PathBuf,
    /// The tenant, by id or domain.
    #[arg(long, default_value = DEFAULT_TENANT)]
    tenant: String,
    /// The registered API to ask for; its registration decides the token's version and audience.
    #[arg(long, value_name = "URI", default_value = DEFAULT_AUDIENCE)]
    resource: String,
    /// A role for the claim `roles`; may be repeated.
    #[arg(long, value_name = "R")]
    role: Vec<String>,
    /// What `aud` says, whatever the API's registration.
    #[arg(long, value_name = "A")]
    aud: Option<String>,
    /// A scope for the claim `scp`, as in a user's token; may be repeated.
    #[arg(long, value_name = "S")]
    scope: Vec<String>,
    #[arg(long, value_name = "C", help = format!("What azp or appid says [default: {DEFAULT_CLIENT_ID}]"))]
    client: Option<String>,
    /// What `sub` and `oid` say.
    #[arg(long, value_name = "S")]
    subject: Option<String>,
    /// The token's version, whatever the API's registration: 1 or 2.
    #[arg(long, value_name = "1|2")]
    version: Option<TokenVersion>,
    /// How long it lasts, as 90s, 15m or 1h; -5m makes one that has expired [default: 60 to 90 minutes].
    #[arg(long, value_name = "DURATION", value_parser = seconds, allow_hyphen_values = true)]
    expires_in: Option<i64>,
    /// What it is signed with: RS256, or another that the issuer has a key for.
    #[arg(long, value_name = "ALG")]
    alg: Option<Algorithm>,
}

/// Does what was asked; an error is one line on standard error.
pub(crate) async fn run(arguments: Arguments) -> ExitCode {
    let done = match arguments.command {
        Command::Serve(arguments) => serve(arguments).await,
        Command::Token(arguments) => token(*arguments).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr().lock(), "headgate-issuer: {error}");
            ExitCode::FAILURE
        }
    }
}

type Failure = Box<dyn std::error::Error>;

async fn serve(arguments: Serve) -> Result<(), Failure> {
    let mut config = IssuerConfig {
        listen: loopback_address(&arguments.listen)?,
        state_dir: Some(arguments.state_dir),
        rotate_every: arguments.rotate_every,
        log: Arc::new(StandardOutput),
        ..IssuerConfig::default()
    };
    config.resources.extend(arguments.resource);
    config.algorithms.extend(arguments.alg);
    let told_to_stop = told_to_stop()?;
    let running = Issuer::start(config).await?;
    writeln!(
        std::io::stdout().lock(),
        "headgate-issuer is ready, for development only: {}",
        running.metadata_url(DEFAULT_TENANT, TokenVersion::V2),
    )?;
    told_to_stop.await?;
    running.stop().await;
    Ok(())
}

async fn token(arguments: Token) -> Result<(), Failure> {
    let secret = StateDir::read_client_secret(&arguments.state_dir)
        .map_err(|error| format!("{error}; start the issuer first, or give its --state-dir"))?;
    let request = TokenRequest {
        tenant: arguments.tenant,
        resource: arguments.resource,
        audience: arguments.aud,
        roles: arguments.role,
        scopes: arguments.scope,
        client: arguments.client,
        subject: arguments.subject,
        version: arguments.version,
        expires_in: arguments.expires_in,
        algorithm: arguments.alg,
        ..TokenRequest::new(arguments.issuer_url, secret)
    };
    let token = request_token(&request).await?;
    writeln!(std::io::stdout().lock(), "{token}")?;
    Ok(())
}

/// Listens from the call on for Ctrl-C and SIGTERM, and is ready at the first of them.
#[cfg(unix)]
fn told_to_stop() -> std::io::Result<impl Future<Output = std::io::Result<()>>> {
    use signal::unix::{SignalKind, signal};
    let (mut interrupted, mut terminated) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
        Ok(())
    })
}

#[cfg(not(unix))]
fn told_to_stop() -> std::io::Result<impl Future<Output = std::io::Result<()>>> {
    Ok(signal::ctrl_c())
}

/// Reads a duration as whole seconds: a whole number with `s`, `m`, `h` or `d`, or without for seconds.
fn seconds(text: &str) -> Result<i64, &'static str> {
    const MALFORMED: &str = "is no duration such as 90s, 15m, 1h or 7d";
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..) {
        Some("" | "s") => 1,
        Some("m") => 60,
        Some("h") => 3_600,
        Some("d") => 86_400,
        _ => return Err(MALFORMED),
    };
    let count: i64 = digits.parse().map_err(|_| MALFORMED)?;
    count.checked_mul(unit).ok_or(MALFORMED)
}

fn positive_duration(text: &str) -> Result<Duration, &'static str> {
    match u64::try_from(seconds(text)?) {
        Ok(0) | Err(_) => Err("is not longer than nothing"),
        Ok(seconds) => Ok(Duration::from_secs(seconds)),
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

    #[test]
    fn a_duration_has_a_unit_and_may_lie_in_the_past() {
        for (text, expected) in
            [("90", 90), ("90s", 90), ("15m", 900), ("1h", 3_600), ("7d", 604_800), ("-5m", -300)]
        {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
        for text in ["", "h", "1w", "1.5h", "1h30m", "9223372036854775807d"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_rotation_period_is_positive() {
        assert_eq!(positive_duration("24h"), Ok(Duration::from_secs(86_400)));
        assert!(positive_duration("0").is_err() && positive_duration("-1h").is_err());
    }
}
