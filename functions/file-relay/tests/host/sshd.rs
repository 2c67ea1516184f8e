use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{fs, sync::mpsc, thread};

use headgate_core::Secret;
use headgate_file_relay::places::{SftpProof, SftpSettings};
use tempfile::TempDir;

/// OpenSSH's server (Debian), which takes one key for the user who runs the test. It is killed when this is dropped.
pub(crate) struct Sshd {
    /// Its keys and its configuration; what it serves is in `files`.
    directory: TempDir,
    pub(crate) address: SocketAddr,
    child: Child,
}

/// How long the server may take to say that it is ready.
const PATIENCE: Duration = Duration::from_secs(60);
/// It wants to be called by its whole name.
const PROGRAM: &str = "/usr/sbin/sshd";

fn key(path: &Path, kind: &[&str]) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-N", "", "-C", "test", "-f", path.to_str().unwrap(), "-t"])
        .args(kind)
        .status()
        .expect("ssh-keygen is there: tests/setup.sh installs openssh-server");
    assert!(made.success());
}

impl Sshd {
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (name, kind) in [
            ("host", &["ed25519"][..]),
            ("other", &["ed25519"]),
            ("user", &["ed25519"]),
            ("ecdsa", &["ecdsa", "-b", "256"]),
            ("rsa", &["rsa", "-b", "2048"]),
        ] {
            key(&directory.path().join(name), kind);
        }
        fs::create_dir(directory.path().join("files")).unwrap();
        let authorized = ["user.pub", "ecdsa.pub"]
            .map(|name| fs::read_to_string(directory.path().join(name)).unwrap());
        fs::write(directory.path().join("authorized"), authorized.concat()).unwrap();
        // Where root runs it, it wants this folder, which the service makes in other cases.
        let _ = fs::create_dir_all("/run/sshd");
        let mut said = String::new();
        // The server takes no port of its own choice, and one that was free a moment ago may be taken.
        for _ in 0..5 {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            drop(listener);
            match serve(directory.path(), address) {
                Ok(child) => return Self { directory, address, child },
                Err(reason) => said = reason,
            }
        }
        panic!("{said}");
    }

    pub(crate) fn files(&self) -> std::path::PathBuf {
        self.directory.path().join("files")
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.directory.path().join(name)).unwrap()
    }

    /// The private key of this name.
    pub(crate) fn private(&self, name: &str) -> Secret {
        Secret::new(self.text(name))
    }

    /// The public key of this name, as a document has it.
    pub(crate) fn public(&self, name: &str) -> String {
        self.text(&format!("{name}.pub")).trim().to_owned()
    }

    pub(crate) fn settings(&self) -> SftpSettings {
        let user = Command::new("id").arg("-un").output().unwrap().stdout;
        SftpSettings {
            host: "127.0.0.1".to_owned(),
            port: self.address.port(),
            user: String::from_utf8(user).unwrap().trim().to_owned(),
            proof: SftpProof::PrivateKey(self.private("user"), None),
            host_keys: vec![self.public("host")],
            root: self.files().to_str().unwrap().to_owned(),
            private_network: false,
        }
    }
}

fn serve(directory: &Path, address: SocketAddr) -> Result<Child, String> {
    let shown = directory.display();
    let configuration = format!(
        "ListenAddress {address}\nHostKey {shown}/host\nAuthorizedKeysFile {shown}/authorized\nPidFile none\nUsePAM no\n\
         StrictModes no\nPermitRootLogin yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
         MaxStartups 100\nSubsystem sftp internal-sftp\n"
    );
    fs::write(directory.join("sshd_config"), configuration).map_err(|error| error.to_string())?;
    let mut child = Command::new(PROGRAM)
        .arg("-D")
        .arg("-e")
        .arg("-f")
        .arg(directory.join("sshd_config"))
        .env_clear()
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{PROGRAM}: {error}; run tests/setup.sh"))?;
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let (sender, receiver) = mpsc::channel();
    // It goes on reading, so that the server can go on saying.
    thread::spawn(move || {
        let mut said = Vec::new();
        for line in lines.map_while(Result::ok) {
            if line.contains("Server listening") {
                let _ = sender.send(Ok(()));
            }
            said.push(line);
        }
        let _ = sender.send(Err(said.join("\n")));
    });
    match receiver.recv_timeout(PATIENCE) {
        Ok(Ok(())) => Ok(child),
        Ok(Err(said)) => {
            let _ = child.wait();
            Err(said)
        }
        Err(_) => {
            let _ = child.kill();
            let _ = child.wait();
            Err("sshd says nothing".to_owned())
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
