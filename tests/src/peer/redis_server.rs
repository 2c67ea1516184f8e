use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::once_ready::once_ready;

/// redis-server (Debian), which keeps nothing on the disk. It is killed when this is dropped.
#[derive(Debug)]
pub struct RedisServer {
    directory: TempDir,
    arguments: Vec<String>,
    address: SocketAddr,
    child: Child,
}

/// Where Debian puts the programs.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

impl RedisServer {
    /// Starts the server on a free port.
    ///
    /// # Errors
    ///
    /// What it says instead of becoming ready, or how to install it.
    pub fn start() -> Result<Self, String> {
        Self::start_with(&[])
    }

    /// Starts the server on a free port with these arguments, too, as `--requirepass` and a password. `{port}` in one
    /// stands for the port.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_with(arguments: &[&str]) -> Result<Self, String> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
        let mut said = String::new();
        // The server takes no port of its own choice, and one that was free a moment ago may be taken.
        for _ in 0..5 {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            let address = free.map_err(|error| error.to_string())?;
            match serve(&directory, &arguments, address) {
                Ok(child) => return Ok(Self { directory, arguments, address, child }),
                Err(reason) => said = reason,
            }
        }
        Err(said)
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address for a client without a password.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Ends the server at once (SIGKILL), and with it everything that it held.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Stops the server where it is (SIGSTOP): its connections stay open, and nothing is answered.
    ///
    /// # Errors
    ///
    /// Why it could not be stopped.
    pub fn freeze(&self) -> Result<(), String> {
        self.signal("-STOP")
    }

    /// Lets a frozen server go on.
    ///
    /// # Errors
    ///
    /// Why it does not.
    pub fn thaw(&self) -> Result<(), String> {
        self.signal("-CONT")
    }

    fn signal(&self, signal: &str) -> Result<(), String> {
        let mut command = Command::new("kill");
        let status = command.arg(signal).arg(self.child.id().to_string()).status();
        match status {
            Ok(status) if status.success() => Ok(()),
            other => Err(format!("kill {signal}: {other:?}")),
        }
    }

    /// Does a command by `redis-cli` and gives what it prints.
    ///
    /// # Errors
    ///
    /// What it says when it fails.
    pub fn ask(&self, command: &[&str]) -> Result<String, String> {
        let mut cli = Command::new("redis-cli");
        cli.env_clear().env("PATH", PATH).args(["-e", "-h", "127.0.0.1", "-p"]);
        cli.arg(self.address.port().to_string()).args(command);
        let output = cli.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(said);
        }
        Err(format!("{said}{}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Starts the server again on the same port, empty.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn restart(&mut self) -> Result<(), String> {
        self.kill();
        self.child = serve(&self.directory, &self.arguments, self.address)?;
        Ok(())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts the server and waits until it says that it takes connections.
fn serve(directory: &TempDir, arguments: &[String], address: SocketAddr) -> Result<Child, String> {
    let mut command = Command::new("redis-server");
    command
        .env_clear()
        .env("PATH", PATH)
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"])
        .arg(address.port().to_string())
        .arg("--dir")
        .arg(directory.path())
        .args(arguments.iter().map(|text| text.replace("{port}", &address.port().to_string())));
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = child.map_err(|error| {
        format!("redis-server does not start ({error}): run `just setup-tests`")
    })?;
    let output = child.stdout.take().unwrap();
    let ready = |line: &str| line.contains("Ready to accept connections").then_some(());
    once_ready("redis-server", &mut child, output, ready).map(|()| child)
}
