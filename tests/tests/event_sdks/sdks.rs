use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use ::base64::Engine;
use ::base64::engine::general_purpose::STANDARD;
use headgate_tests::host::installed;
use serde_json::Value;

/// The packages azure-eventgrid, cloudevents and standardwebhooks of PyPI.
pub(crate) enum Sdks {}

impl Sdks {
    /// Has `tests/peers/event_sdks.py` do these jobs, and gives their answers.
    pub(crate) fn answer(jobs: &[Value]) -> Vec<Value> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/event_sdks.py");
        let python = installed("venv/bin/python").unwrap();
        let mut child = Command::new(python)
            .env_clear()
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&serde_json::to_vec(jobs).unwrap()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}\nif a package is missing, run `just setup-tests`");
        let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answers.len(), jobs.len());
        answers
    }

    /// Has it do one job.
    pub(crate) fn one(job: Value) -> Value {
        Self::answer(&[job]).remove(0)
    }
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(crate) fn bytes(base64: &Value) -> Vec<u8> {
    STANDARD.decode(base64.as_str().unwrap()).unwrap()
}

/// A key of this run, in base64.
pub(crate) fn key() -> String {
    let mut key = [0; 32];
    getrandom::fill(&mut key).unwrap();
    base64(&key)
}
