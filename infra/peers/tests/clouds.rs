//! The program as a developer starts it.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy's allowance for tests covers test functions and not what they share"
)]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use headgate_peers::entra::{DEVELOPMENT_PUBLIC_CLIENT_ID, DEVELOPMENT_USER};
use headgate_peers::issuer::DEFAULT_CLIENT_ID;
use support::exchange;

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn it_serves_a_client_a_user_and_a_machine() {
    let state = tempfile::tempdir().unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_headgate-clouds"))
        .args(["--entra", "127.0.0.1:0", "--imds", "127.0.0.1:0", "--app-service", "127.0.0.1:0"])
        .args(["--api", "api://more=v2", "--state-dir"])
        .arg(state.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut running = Running(child);
    let mut ready = String::new();
    BufReader::new(running.0.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let address = |name: &str| {
        let (_, from) = ready.split_once(&format!("{name} http://")).unwrap();
        from.split(['/', ',']).next().unwrap().trim().parse().unwrap()
    };
    let secret = std::fs::read_to_string(state.path().join("client-secret")).unwrap();
    assert!(!ready.contains(secret.trim()));
    let post = async |form: String| {
        let text = format!(
            "POST /headgate.example/oauth2/v2.0/token HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            form.len()
        );
        exchange(address("entra"), &text).await
    };
    let secret = secret.trim().replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    for scope in
        ["api://headgate/.default", "https://management.azure.com//.default", "api://more/.default"]
    {
        let form = format!(
            "client_id={DEFAULT_CLIENT_ID}&client_secret={secret}&grant_type=client_credentials&scope={scope}"
        );
        assert_eq!(post(form).await.status, Some(200), "{scope}");
    }
    let form = format!(
        "client_id={DEVELOPMENT_PUBLIC_CLIENT_ID}&grant_type=password&username={DEVELOPMENT_USER}&password={secret}&scope=api://headgate/.default"
    );
    assert_eq!(post(form).await.status, Some(200));
    let get = "GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/ HTTP/1.1\r\nhost: a\r\nconnection: close\r\nmetadata: true\r\n\r\n";
    assert_eq!(exchange(address("imds"), get).await.status, Some(200));
}

#[test]
fn every_option_of_the_program_is_in_the_readme() {
    let help = Command::new(env!("CARGO_BIN_EXE_headgate-clouds")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let readme = include_str!("../README.md");
    let options = help.split_whitespace().filter(|word| word.starts_with("--"));
    for option in options.filter(|option| !["--help", "--version"].contains(option)) {
        assert!(readme.contains(&format!("`{option}`")), "{option}");
    }
    for value in [DEVELOPMENT_PUBLIC_CLIENT_ID, DEVELOPMENT_USER] {
        assert!(readme.contains(&format!("`{value}`")), "{value}");
    }
}
