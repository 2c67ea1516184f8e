use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use headgate_tests::host::{Process, RUNTIME};
use headgate_tests::wire;
use http::{Request, Response};

/// A function's native binary as an HTTP server. Its store is in memory.
pub(crate) struct Function {
    _process: Process,
    address: SocketAddr,
}

impl Function {
    /// Starts the binary of this name with these environment variables, which stand without `HEADGATE_`.
    pub(crate) fn start(name: &str, variables: &[(&str, &str)]) -> Self {
        let executable = std::env::current_exe().unwrap();
        let binary = executable.parent().and_then(Path::parent).unwrap().join(name);
        assert!(binary.exists(), "{name} is missing: run `cargo build -p headgate-{name}`");
        let mut command = Command::new(binary);
        command.env_clear().env("PORT", "0");
        for (name, value) in [("STATE_DIR", "memory"), ("LOG", "off"), ("ACCESS", "anonymous")]
            .iter()
            .chain(variables)
        {
            command.env(format!("HEADGATE_{name}"), value);
        }
        let (process, address) = Process::start_and_wait(&mut command).unwrap();
        Self { _process: process, address }
    }

    /// Where it listens, without a slash at the end.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn send(&self, request: Request<Bytes>) -> Response<Bytes> {
        RUNTIME.block_on(wire::send(self.address, request)).unwrap()
    }

    /// Sends a request that has to succeed.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) {
        let request = Request::builder().method(method).uri(path);
        let answer = self.send(request.body(Bytes::from(body.to_owned())).unwrap());
        assert!(answer.status().is_success(), "{method} {path}: {answer:?}");
    }
}
