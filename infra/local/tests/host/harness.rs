use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use headgate_local::{Limits, LocalHost, RequestLog};
use tempfile::TempDir;

/// A component that was built for the tests.
pub(crate) fn component(name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let path = target.join("wasm32-wasip2/component").join(format!("headgate_{name}.wasm"));
    assert!(path.exists(), "{} is not there: run `just build-components`", path.display());
    path
}

/// Where compiled code is kept, so that the tests compile a component once.
pub(crate) fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("component-cache")
}

pub(crate) const MANIFEST: &str = r#"
    spin_manifest_version = 2
    [application]
    name = "test"
    [variables]
    greeting = { default = "hello" }
    secret = { default = "hunter2", secret = true }
    [[trigger.http]]
    route = "/do/..."
    component = "misbehaving"
    [[trigger.http]]
    route = "/empty"
    component = "empty"
    [component.empty]
    source = "empty.wasm"
    [component.misbehaving]
    source = "misbehaving.wasm"
    key_value_stores = ["default"]
    allowed_outbound_hosts = ["http://127.0.0.1:*"]
    [component.misbehaving.variables]
    greeting = "{{ greeting }}, world"
"#;

/// Small limits: many hosts run side by side in one test process, and a pool reserves address space.
pub(crate) fn small() -> Limits {
    Limits { instances: 32, ..Limits::default() }
}

/// A host of [`MANIFEST`] with `more` behind it, and the folder of its state.
pub(crate) fn host_with(more: &str) -> (TempDir, LocalHost) {
    let folder = tempfile::tempdir().unwrap();
    let host = host_in(&folder, more);
    (folder, host)
}

pub(crate) fn host_in(folder: &TempDir, more: &str) -> LocalHost {
    LocalHost::from_text(format!("{MANIFEST}{more}"), folder.path())
        .component_source("misbehaving", component("misbehaving"))
        .component_source("empty", component("empty"))
        .state_folder(folder.path().join("state"))
        .cache_folder(cache())
        .limits(small())
        .guest_output(Arc::new(|_, _, _| {}))
}

pub(crate) fn host() -> (TempDir, LocalHost) {
    host_with("")
}

/// A request log that tells each line to the test.
pub(crate) fn told() -> (RequestLog, tokio::sync::mpsc::UnboundedReceiver<serde_json::Value>) {
    let (tell, told) = tokio::sync::mpsc::unbounded_channel();
    let log = RequestLog::Sink(Arc::new(move |line| {
        let _ = tell.send(serde_json::from_str(line).expect("a line is JSON"));
    }));
    (log, told)
}

/// Lines that guests wrote.
pub(crate) type Lines = Arc<Mutex<Vec<String>>>;

pub(crate) fn lines() -> (headgate_local::LineSink, Lines) {
    let lines = Lines::default();
    let sink = Arc::clone(&lines);
    let take = move |component: &str, stream, line: &[u8]| {
        let line = format!("{component} {stream:?} {}", String::from_utf8_lossy(line));
        sink.lock().unwrap().push(line);
    };
    (Arc::new(take), lines)
}
