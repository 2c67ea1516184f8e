use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use headgate_local::{Limits, LocalHost, RequestLog, SpinHeaders};

/// Serves what an application manifest (spin.toml) describes, on this machine.
///
/// Prints the routes and, once it serves, `listening on http://ADDRESS` on standard output; one JSON line per request on
/// standard error. Ctrl-C and SIGTERM let what is under way finish, for at most 10 seconds.
#[derive(Debug, Parser)]
#[command(name = "headgate-local", version)]
pub(crate) struct Arguments {
    /// The manifest.
    #[arg(default_value = "infra/spin/spin.toml")]
    manifest: PathBuf,
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:3000")]
    pub(crate) listen: SocketAddr,
    /// Gives an application variable a value, as NAME=VALUE; goes before SPIN_VARIABLE_NAME and the manifest's default.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = assignment)]
    set: Vec<Assignment>,
    /// Where state and compiled code are kept; one process may use it at a time.
    #[arg(long, default_value = ".headgate", value_name = "FOLDER")]
    state_dir: PathBuf,
    /// Keeps a key-value store elsewhere, as LABEL=PLACE: redis://HOST, rediss://HOST or dynamodb:TABLE, each with
    /// ?prefix=NAME when the label is not to stand before its keys.
    #[arg(long = "key-value", value_name = "LABEL=PLACE", value_parser = assignment)]
    key_value: Vec<Assignment>,
    /// The most requests that one instance serves; 1 gives every request a new instance.
    #[arg(long, default_value_t = Limits::default().instance_reuse, value_name = "N")]
    instance_reuse: usize,
    /// The most requests that one instance serves at the same time.
    #[arg(long, default_value_t = Limits::default().instance_concurrency, value_name = "N")]
    instance_concurrency: usize,
    /// The most instances, and requests, at a time.
    #[arg(long, default_value_t = Limits::default().instances, value_name = "N")]
    instances: u32,
    /// The CPU time that a request may use, in seconds.
    #[arg(long, default_value_t = Limits::default().guest_timeout.as_secs(), value_name = "SECONDS")]
    guest_timeout: u64,
    /// The time that a guest may take to answer, in seconds.
    #[arg(long, default_value_t = Limits::default().response_timeout.as_secs(), value_name = "SECONDS")]
    response_timeout: u64,
    /// The memory that an instance may have, in MiB.
    #[arg(long, default_value_t = Limits::default().guest_memory / MIB, value_name = "MIB")]
    guest_memory: usize,
    /// The length that a request's body may have, in MiB.
    #[arg(long, default_value_t = Limits::default().max_body / MIB as u64, value_name = "MIB")]
    max_body: u64,
    /// Whether requests are logged.
    #[arg(long, default_value = "on")]
    log: Switch,
    /// Which of Spin's headers guests are given: those that say what the request does not, or all.
    #[arg(long, default_value = "few")]
    spin_headers: Headers,
    /// Takes a component from another file than the manifest's source, as COMPONENT=FILE.
    #[arg(long = "component", value_name = "COMPONENT=FILE", value_parser = assignment)]
    components: Vec<Assignment>,
    /// Puts a middleware in front of a component, as COMPONENT=FILE.
    #[arg(long = "compose", value_name = "COMPONENT=FILE", value_parser = assignment)]
    middlewares: Vec<Assignment>,
}

const MIB: usize = 1024 * 1024;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Switch {
    On,
    Off,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Headers {
    Few,
    All,
}

/// A name and its value, which may be a secret and is not shown.
#[derive(Clone)]
struct Assignment {
    name: String,
    value: String,
}

impl std::fmt::Debug for Assignment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}=…", self.name)
    }
}

fn assignment(text: &str) -> Result<Assignment, &'static str> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok(Assignment { name: name.to_owned(), value: value.to_owned() })
}

impl Arguments {
    /// The host that these arguments ask for.
    pub(crate) fn host(self) -> LocalHost {
        let log = match self.log {
            Switch::On => RequestLog::Stderr,
            Switch::Off => RequestLog::Off,
        };
        let host = LocalHost::new(self.manifest)
            .listen(self.listen)
            .state_folder(self.state_dir)
            .spin_environment()
            .spin_headers(match self.spin_headers {
                Headers::Few => SpinHeaders::Few,
                Headers::All => SpinHeaders::All,
            })
            .request_log(log)
            .limits(Limits {
                instance_reuse: self.instance_reuse,
                instance_concurrency: self.instance_concurrency,
                instances: self.instances,
                guest_timeout: Duration::from_secs(self.guest_timeout),
                response_timeout: Duration::from_secs(self.response_timeout),
                guest_memory: self.guest_memory.saturating_mul(MIB),
                max_body: self.max_body.saturating_mul(MIB as u64),
                ..Limits::default()
            });
        let host = self
            .key_value
            .into_iter()
            .fold(host, |host, store| host.key_value_store(store.name, store.value));
        let host = self.set.into_iter().fold(host, |host, set| host.variable(set.name, set.value));
        let host = self
            .components
            .into_iter()
            .fold(host, |host, component| host.component_source(component.name, component.value));
        self.middlewares
            .into_iter()
            .fold(host, |host, middleware| host.middleware(middleware.name, middleware.value))
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
    fn a_value_given_on_the_command_line_does_not_show() {
        let store = "default=redis://:hunter2@localhost";
        let arguments = ["headgate-local", "--set", "key=hunter2", "--key-value", store];
        let arguments = Arguments::parse_from(arguments);
        assert!(!format!("{arguments:?}").contains("hunter2"));
    }
}
