use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::once_ready::once_ready;

/// A server of WebDAV over a folder that is empty: nginx or rclone (Debian). It is stopped when this is dropped.
#[derive(Debug)]
pub struct WebDavServer {
    directory: TempDir,
    address: SocketAddr,
    rclone: Option<Child>,
}

/// Where Debian puts the programs.
const PATH: &str = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin";

impl WebDavServer {
    /// Who may ask rclone; nginx asks nobody.
    pub const USER: &str = "ann";
    /// That user's password.
    pub const PASSWORD: &str = "of-the-test";

    /// Starts nginx, with the module that lists (libnginx-mod-http-dav-ext).
    ///
    /// # Panics
    ///
    /// When it does not start; it says how to install it.
    #[must_use]
    pub fn nginx() -> Self {
        let mut said = String::new();
        // It takes no port of its own choice, and one that was free a moment ago may be taken.
        for _ in 0..5 {
            let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let directory = folder();
            let text = nginx_configuration(directory.path(), address);
            fs::write(directory.path().join("nginx.conf"), text).unwrap();
            let server = Self { directory, address, rclone: None };
            // In the background it goes on only after it has bound its socket.
            let status = server.nginx_command().status();
            if status.expect("nginx does not start: run `just setup-tests`").success() {
                return server;
            }
            said =
                fs::read_to_string(server.directory.path().join("error.log")).unwrap_or_default();
        }
        panic!("nginx: {said}")
    }

    /// Starts `rclone serve webdav`, with a password.
    ///
    /// # Panics
    ///
    /// When it does not start; it says how to install it.
    #[must_use]
    pub fn rclone() -> Self {
        let directory = folder();
        let mut command = Command::new("rclone");
        command.env_clear().env("PATH", PATH).env("HOME", directory.path());
        command.args(["serve", "webdav", "--config", "/dev/null", "--addr", "127.0.0.1:0"]);
        // What a test puts into the folder is there at once.
        command.args(["--dir-cache-time", "0s", "--user", Self::USER, "--pass", Self::PASSWORD]);
        command.arg(directory.path().join("files"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("rclone does not start: run `just setup-tests`");
        let output = child.stderr.take().unwrap();
        let address = once_ready("rclone", &mut child, output, |line| {
            let (_, address) = line.split_once("Server started on http://")?;
            address.trim().trim_end_matches('/').parse().ok()
        });
        let address = address.expect("rclone says where it listens");
        Self { directory, address, rclone: Some(child) }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether it asks for the password.
    #[must_use]
    pub const fn has_password(&self) -> bool {
        self.rclone.is_some()
    }

    /// The folder that it serves.
    #[must_use]
    pub fn files(&self) -> PathBuf {
        self.directory.path().join("files")
    }

    fn nginx_command(&self) -> Command {
        let mut command = Command::new("nginx");
        command.env_clear().env("PATH", PATH).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(Stdio::null()).arg("-p").arg(self.directory.path());
        command.args(["-c", "nginx.conf", "-e", "error.log"]);
        command
    }
}

impl Drop for WebDavServer {
    fn drop(&mut self) {
        match &mut self.rclone {
            Some(child) => drop((child.kill(), child.wait())),
            None => drop(self.nginx_command().args(["-s", "stop"]).status()),
        }
    }
}

fn folder() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let files = directory.path().join("files");
    fs::create_dir(&files).unwrap();
    // nginx's workers run as somebody else where it is started as root.
    for path in [directory.path(), &files] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
    }
    directory
}

fn nginx_configuration(directory: &Path, address: SocketAddr) -> String {
    let directory = directory.display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {directory}/{name};"))
        .join("\n    ");
    format!(
        "load_module /usr/lib/nginx/modules/ngx_http_dav_ext_module.so;
worker_processes 1;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{}}
http {{
    access_log off;
    {temporary}
    server {{
        listen {address};
        root {directory}/files;
        client_max_body_size 0;
        dav_methods PUT DELETE MKCOL MOVE;
        dav_ext_methods PROPFIND;
        dav_access user:rw group:rw all:rw;
    }}
}}
"
    )
}
