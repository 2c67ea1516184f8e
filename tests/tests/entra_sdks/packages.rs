use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use headgate_peers::issuer::Guid;
use headgate_tests::host::installed;
use serde_json::{Value, json};

use super::cloud::{Cloud, SCOPE};
use super::token::{Got, assert_alike};

impl Cloud {
    /// A job of the packages for an application.
    pub(crate) fn job(&self, client: Guid, mut job: Value) -> Value {
        job["authority"] = json!(self.authority());
        job["tenant"] = json!(self.tenant());
        job["client"] = json!(client.to_string());
        job["scope"] = json!(SCOPE);
        job
    }

    /// A job of the packages for a managed identity.
    pub(crate) fn managed_job(&self, named: Option<Guid>, environment: &[(&str, &str)]) -> Value {
        let environment: serde_json::Map<_, _> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let mut job =
            json!({ "do": "managed-identity", "scope": SCOPE, "environment": environment });
        if let Some(id) = named {
            job["named"] = json!(id.to_string());
        }
        job
    }

    /// Has these packages do the job: each gets a token with the same claims, by the same requests.
    pub(crate) async fn agree(&self, own: &Got, job: &Value, packages: &[&str]) {
        let jobs: Vec<Value> = packages
            .iter()
            .map(|package| {
                let mut job = job.clone();
                job["package"] = json!(package);
                job
            })
            .collect();
        let authority = self.authority();
        let ca = format!("{}/ca.pem", self.folder());
        let input = json!({ "ca": ca, "authority": authority, "jobs": jobs });
        let answers = tokio::task::spawn_blocking(move || packages_answer(&input)).await.unwrap();
        for (package, answer) in packages.iter().zip(&answers) {
            let other = Got::of(answer);
            assert_eq!(own.lasting_claims(), other.lasting_claims(), "{package}");
            // msal redeems a code before it refreshes: the last requests are those for this token.
            let skipped = other.asked.len() - own.asked.len();
            assert!(!own.asked.is_empty());
            for (own, other) in own.asked.iter().zip(&other.asked[skipped..]) {
                assert_alike(own, other, package);
            }
        }
    }
}

/// Has `tests/peers/entra_sdks.py` do these jobs, and gives their answers.
pub(super) fn packages_answer(input: &Value) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/entra_sdks.py");
    let python = installed("venv/bin/python").unwrap();
    let mut child = Command::new(python)
        .env_clear()
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\nif a package is missing, run `just setup-tests`");
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answers.len(), input["jobs"].as_array().unwrap().len());
    answers
}
