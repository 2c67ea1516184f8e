use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::time::Duration;

use headgate_core::KeyValueError;

/// Longer than any store may take to say that nobody answers, and than a busy machine delays that.
const PATIENCE: Duration = Duration::from_secs(30);

/// Says which of this file's tests this process is to do, when another has set its environment.
const INNER: &str = "HEADGATE_STORES_INNER";

/// Does `inner` in a process of its own, whose environment `outer` makes: what SDKs read from the environment cannot be set
/// in a process that has threads. `name` is that of the test, with its modules. What `outer` gives besides lives as long as
/// the process, and is given back.
pub(crate) fn in_a_process_with<T>(
    name: &str,
    outer: impl FnOnce() -> (Vec<(&'static str, String)>, T),
    inner: impl FnOnce(),
) -> Option<T> {
    if variable(INNER).as_deref() == Some(name) {
        inner();
        return None;
    }
    let (variables, kept) = outer();
    let mut command = Command::new(std::env::current_exe().unwrap());
    // No profile of the person who runs the tests is read.
    command.env_clear().env("HOME", "/nonexistent").env(INNER, name).envs(variables);
    let output = command.args([name, "--exact", "--nocapture"]).output().unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    Some(kept)
}

/// A variable of this process.
#[expect(clippy::disallowed_methods, reason = "how the outer process speaks to the inner one")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A server that accepts connections and never answers. It lives as long as the listener.
pub(crate) fn silent_server() -> (TcpListener, SocketAddr) {
    // The system accepts for it.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// An address at which nobody listens.
pub(crate) fn nobody() -> SocketAddr {
    let (listener, address) = silent_server();
    drop(listener);
    address
}

/// Waits for the error of a call that cannot succeed.
pub(crate) async fn error_of<T: std::fmt::Debug>(
    call: impl Future<Output = Result<T, KeyValueError>>,
) -> KeyValueError {
    let answered = tokio::time::timeout(PATIENCE, call).await;
    answered.expect("the call has a deadline").expect_err("the server is away")
}
