//! An example of this package as a process of its own, and a client without opinions.

#![allow(dead_code, reason = "each test file uses a part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long a test waits for what should come at once.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running example. It is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    lines: Receiver<String>,
}

impl Process {
    /// Starts the example `name` with these variables and no other.
    pub(crate) fn start(name: &str, variables: &[(&str, &str)]) -> Self {
        Self::start_with(name, &[], variables)
    }

    pub(crate) fn start_with(name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(example(name))
            .args(arguments)
            .env_clear()
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the example starts");
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// The next line on standard error; `None` once the process has ended.
    pub(crate) fn line(&self) -> Option<String> {
        self.lines.recv_timeout(PATIENCE).ok()
    }

    /// Waits for the line that holds `text`.
    pub(crate) fn line_with(&self, text: &str) -> String {
        let mut others = Vec::new();
        while let Some(line) = self.line() {
            if line.contains(text) {
                return line;
            }
            others.push(line);
        }
        panic!("no line with {text:?} in {others:#?}");
    }

    /// Waits for the line that says where `what` is served.
    pub(crate) fn address_of(&self, what: &str) -> SocketAddr {
        let line = self.line_with(&format!("\"message\":\"{what}\""));
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        line["address"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap()
    }

    pub(crate) fn ready(&self) -> SocketAddr {
        self.address_of("ready")
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        let sent = Command::new("kill").arg("-TERM").arg(self.id().to_string()).status().unwrap();
        assert!(sent.success());
    }

    /// Sends SIGKILL and waits for the end.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the end: the status, standard output, and the lines of standard error that nobody has read.
    pub(crate) fn end(mut self) -> (ExitStatus, String, Vec<String>) {
        let mut output = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
        let status = self.child.wait().unwrap();
        (status, output, self.lines.iter().collect())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.parent().unwrap().parent().unwrap();
    let path = target.join("examples").join(name);
    let advice = "cargo build -p headgate-native --examples";
    assert!(path.exists(), "{} is not built: run {advice}", path.display());
    path
}

/// A connection on which the test itself writes what HTTP has to say.
pub(crate) struct Wire(BufReader<TcpStream>);

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Wire {
    pub(crate) fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    pub(crate) fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        self.0.get_ref()
    }

    /// Reads one response; `None` when the server has closed the connection.
    pub(crate) fn read(&mut self) -> Option<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let header = |name: &str| {
            head.lines().find_map(|line| {
                let (found, value) = line.split_once(": ")?;
                found.eq_ignore_ascii_case(name).then(|| value.to_owned())
            })
        };
        let mut body = Vec::new();
        if header("transfer-encoding").is_some() {
            loop {
                let mut size = String::new();
                self.0.read_line(&mut size).unwrap();
                let size = usize::from_str_radix(size.trim(), 16).unwrap();
                let mut chunk = vec![0; size + 2];
                self.0.read_exact(&mut chunk).unwrap();
                body.extend_from_slice(&chunk[..size]);
                if size == 0 {
                    break;
                }
            }
        } else {
            body = vec![0; header("content-length").map_or(0, |length| length.parse().unwrap())];
            self.0.read_exact(&mut body).unwrap();
        }
        Some(Answer { status, head, body })
    }

    /// Asks and reads the answer; the connection stays open.
    pub(crate) fn ask(&mut self, method: &str, path: &str, body: &str) -> Answer {
        self.write(format!(
            "{method} {path} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        self.read().expect("an answer")
    }
}
