//! The program itself: served, asked, and stopped as a developer does it.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy's allowance for tests covers test functions and not what they share"
)]
#![cfg(unix)]

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_headgate-issuer");

struct Served {
    child: Child,
    url: String,
}

/// A test that fails leaves no process behind.
impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(state: &Path) -> (Served, BufReader<std::process::ChildStdout>) {
    let mut child = Command::new(PROGRAM)
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--resource",
            "api://orders=v1",
            "--alg",
            "ES256",
        ])
        .arg("--state-dir")
        .arg(state)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut ready = String::new();
    output.read_line(&mut ready).unwrap();
    assert!(ready.contains("for development only"), "{ready}");
    let address = ready.split("http://").nth(1).unwrap().split('/').next().unwrap();
    let url = format!("http://{address}");
    (Served { child, url }, output)
}

fn token(state: &Path, arguments: &[&str]) -> Output {
    Command::new(PROGRAM)
        .arg("token")
        .arg("--state-dir")
        .arg(state)
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn it_serves_gives_tokens_logs_a_line_a_request_and_ends_when_told_to() {
    let directory = tempfile::tempdir().unwrap();
    let (mut served, mut output) = serve(directory.path());
    let url = served.url.clone();

    let printed = |arguments: &[&str]| {
        let output = token(directory.path(), &[&["--issuer-url", &url], arguments].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        support::parts(String::from_utf8(output.stdout).unwrap().trim_end())
    };
    let (_, claims) = printed(&["--role", "Orders.Read", "--role", "Orders.Write"]);
    assert_eq!(claims["roles"], serde_json::json!(["Orders.Read", "Orders.Write"]));
    let (_, claims) = printed(&["--aud", "anything", "--expires-in", "-5m", "--subject", "me"]);
    assert_eq!((&claims["aud"], &claims["sub"]), (&"anything".into(), &"me".into()));
    let (header, claims) = printed(&["--resource", "api://orders", "--alg", "ES256"]);
    assert_eq!((&header["alg"], &claims["ver"]), (&"ES256".into(), &"1.0".into()));

    for _ in 0..3 {
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert!(line.contains(r#""route":"token","result":"ok""#), "{line}");
    }
    let pid = served.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(served.child.wait().unwrap().success());
}

#[test]
fn it_refuses_to_listen_elsewhere_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    for listen in ["0.0.0.0:0", "192.0.2.1:3001"] {
        let output = Command::new(PROGRAM)
            .args(["serve", "--listen", listen, "--state-dir"])
            .arg(directory.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("is not loopback"));
    }
}

#[test]
fn a_token_without_an_issuer_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let output = token(directory.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("start the issuer first"));
}
