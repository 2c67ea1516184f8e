use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::once_ready::once_ready;

/// OpenSSH's server (Debian), which takes one key for the user who runs the test. It is killed when this is dropped.
#[derive(Debug)]
pub struct Sshd {
    directory: TempDir,
    address: SocketAddr,
    child: Child,
}

/// It wants to be called by its whole name.
const PROGRAM: &str = "/usr/sbin/sshd";

impl Sshd {
    /// Starts the server on a free port.
    ///
    /// # Errors
    ///
    /// What it says instead of becoming ready, or how to install it.
    pub fn start() -> Result<Self, String> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let path = directory.path();
        for name in ["host", "user"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-N", "", "-C", "test", "-t", "ed25519", "-f"])
                .arg(path.join(name))
                .status();
            if !made.is_ok_and(|status| status.success()) {
                return Err("ssh-keygen makes no key: run `just setup-tests`".to_owned());
            }
        }
        fs::create_dir(path.join("files")).map_err(|error| error.to_string())?;
        // Where root runs it, it wants this folder, which the service makes in other cases.
        let _ = fs::create_dir_all("/run/sshd");
        let mut said = String::new();
        // The server takes no port of its own choice, and one that was free a moment ago may be taken.
        for _ in 0..5 {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            let address = free.map_err(|error| error.to_string())?;
            match serve(path, address) {
                Ok(child) => return Ok(Self { directory, address, child }),
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

    /// A folder for files, by its whole name.
    #[must_use]
    pub fn files(&self) -> PathBuf {
        self.directory.path().join("files")
    }

    /// The user's private key.
    ///
    /// # Panics
    ///
    /// When it cannot be read.
    #[must_use]
    pub fn private_key(&self) -> String {
        fs::read_to_string(self.directory.path().join("user")).unwrap()
    }

    /// The server's public key.
    ///
    /// # Panics
    ///
    /// When it cannot be read.
    #[must_use]
    pub fn host_key(&self) -> String {
        fs::read_to_string(self.directory.path().join("host.pub")).unwrap().trim().to_owned()
    }

    /// Who runs the test.
    ///
    /// # Panics
    ///
    /// When nobody can say.
    #[must_use]
    pub fn user() -> String {
        let said = Command::new("id").arg("-un").output().unwrap().stdout;
        String::from_utf8(said).unwrap().trim().to_owned()
    }
}

fn serve(directory: &Path, address: SocketAddr) -> Result<Child, String> {
    let shown = directory.display();
    let configuration = format!(
        "ListenAddress {address}\nHostKey {shown}/host\nAuthorizedKeysFile {shown}/user.pub\nPidFile none\nUsePAM no\n\
         StrictModes no\nPermitRootLogin yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
         MaxStartups 100\nSubsystem sftp internal-sftp\n"
    );
    let path = directory.join("sshd_config");
    fs::write(&path, configuration).map_err(|error| error.to_string())?;
    let mut command = Command::new(PROGRAM);
    command.args(["-D", "-e", "-f"]).arg(path).env_clear();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .map_err(|error| format!("{PROGRAM} does not start ({error}): run `just setup-tests`"))?;
    let output = child.stderr.take().unwrap();
    let ready = |line: &str| line.contains("Server listening").then_some(());
    once_ready("sshd", &mut child, output, ready).map(|()| child)
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
