use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::harness::{MANIFEST, component};

/// The program, which is killed when a test ends early.
struct Program {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended already when the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        std::fs::write(folder.join("spin.toml"), MANIFEST).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_headgate-local"))
            .arg(folder.join("spin.toml"))
            .args(["--listen", "127.0.0.1:0", "--instances", "32"])
            .arg("--state-dir")
            .arg(folder.join("state"))
            .arg(format!("--component=misbehaving={}", component("misbehaving").display()))
            .arg(format!("--component=empty={}", component("empty").display()))
            .args(arguments)
            .env("SPIN_VARIABLE_GREETING", "from outside")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.out.read_line(&mut line).unwrap(), 0, "{}", self.errors());
        line.trim_end_matches('\n').to_owned()
    }

    /// All that it wrote to standard error; it must have ended.
    fn errors(&mut self) -> String {
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        errors
    }
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_program_says_what_it_serves_logs_requests_and_ends_on_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Program::start(folder.path(), &[]);
    let told = [program.line(), program.line(), program.line()];
    assert_eq!(told, ["test", "  /empty   empty", "  /do/...  misbehaving"]);
    let ready = program.line();
    let address = ready.strip_prefix("listening on http://").unwrap();
    assert!(get(address, "/do/variable/greeting").contains("from outside, world"));
    get(address, "/do/print/hello?key=hunter2");
    assert_eq!(program.line(), "[misbehaving] hello");
    let pid = program.child.id().to_string();
    assert!(Command::new("kill").arg(pid).status().unwrap().success());
    assert!(program.child.wait().unwrap().success());
    let errors = program.errors();
    let logged: Vec<serde_json::Value> = errors
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(logged.len(), 2, "{errors}");
    assert!(logged.iter().all(|line| line["route"] == "/do/..."), "{errors}");
    assert!(!errors.contains("hunter2"), "{errors}");
}

#[test]
fn the_program_refuses_a_variable_that_is_not_declared() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Program::start(folder.path(), &["--set", "nobody=hunter2"]);
    assert!(!program.child.wait().unwrap().success());
    let told = program.errors();
    assert!(told.contains("variable nobody is set but not declared"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}
