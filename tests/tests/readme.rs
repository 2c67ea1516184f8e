//! The READMEs' curl lines, run as they stand, give what the READMEs say.
//!
//! They are run by bash against the local host and the local issuer, as `just up` starts them, but on free ports: the
//! documented addresses are exchanged for the real ones, and `just token` is the issuer's program.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "this is a test")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use headgate_local::LocalHost;
use headgate_peers::issuer::{Issuer, IssuerConfig};
use headgate_tests::host::{Build, RUNTIME, component_file};
use tempfile::TempDir;

const HOST: &str = "http://127.0.0.1:3000";
const ISSUER: &str = "http://127.0.0.1:3001";
const ENTRA: &str = "http://127.0.0.1:3002";
const IMDS: &str = "http://127.0.0.1:3003";
const DATAVERSE: &str = "http://127.0.0.1:3005";
const CONNECTIONS: &str = "http://127.0.0.1:3006";
const POWER_AUTOMATE: &str = "http://127.0.0.1:3007";
const ARM: &str = "http://127.0.0.1:3008";
const GRAPH: &str = "http://127.0.0.1:3009";
const GRAPH_ARCHIVE: &str = "http://127.0.0.1:3010";

/// What `just` does in the examples.
const JUST: &str = r#"
just() {
    [ "$1" = token ] || { echo "the test does not know: just $*" >&2; return 64; }
    shift
    "$HEADGATE_ISSUER" token --issuer-url "$ISSUER_URL" --state-dir "$ISSUER_STATE" "$@"
}
set -euo pipefail
"#;

/// A command of a README and the output that stands below it.
#[derive(Debug)]
struct Example {
    place: String,
    command: String,
    output: String,
}

/// One of the stand-ins as a program of its own. It ends with this.
struct StandIn {
    child: Child,
    /// What it says once it serves.
    ready: String,
}

impl StandIn {
    fn start(name: &str, arguments: &[&str]) -> Self {
        let mut child =
            Command::new(program(name)).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.map(Result::unwrap).find(|line| line.contains("is ready"));
        let ready = ready.unwrap_or_else(|| panic!("{name} does not serve"));
        Self { child, ready }
    }

    /// The address that stands behind `before` in its ready line.
    fn address(&self, before: &str) -> String {
        let (_, after) = self.ready.split_once(&format!("{before} http://")).unwrap();
        let address = after.split([',', '/', ' ']).next().unwrap();
        format!("http://{address}")
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The collection as `just up` runs it.
struct Collection {
    _stand_ins: Vec<StandIn>,
    issuer: headgate_peers::issuer::Running,
    host: Option<headgate_local::Running>,
    program: PathBuf,
    state: TempDir,
}

impl Collection {
    fn start() -> Self {
        let component = |name: &str| {
            component_file(Build::Wide, &format!("headgate_{name}_component.wasm")).unwrap()
        };
        let validation = component("token_validation");
        let program = program("headgate-issuer");
        let state = tempfile::tempdir().unwrap();
        let config = IssuerConfig {
            state_dir: Some(state.path().join("issuer")),
            ..IssuerConfig::default()
        };
        let issuer = RUNTIME.block_on(Issuer::start(config)).unwrap();
        let policy = fs::read_to_string(root().join("infra/local/policy.toml")).unwrap();
        assert!(policy.contains(ISSUER), "the policy is for another issuer");
        let backends = root().join("functions/circuit-breaker/backends/local.toml");
        let backends = fs::read_to_string(backends).unwrap();
        let any = "127.0.0.1:0";
        let clouds = state.path().join("clouds");
        let clouds = ["--state-dir", clouds.to_str().unwrap()];
        // Entra is told the name of an API, its address, before the API can ask Entra for its keys.
        let dataverse_address = free_address();
        let api = format!("http://{dataverse_address}=v1");
        let listen = [["--entra", any], ["--imds", any], ["--app-service", any]].concat();
        let clouds = [listen, clouds.to_vec(), vec!["--api", &api]].concat();
        let clouds = StandIn::start("headgate-clouds", &clouds);
        let (entra, imds) = (clouds.address("entra"), clouds.address("imds"));
        let flows = ["--listen", any, "--entra", &entra];
        let flows = StandIn::start("headgate-power-automate", &flows);
        let power_automate = flows.address("only:");
        let dataverse =
            ["--dataverse", &dataverse_address, "--connections", any, "--entra", &entra];
        let dataverse = StandIn::start("headgate-dataverse", &dataverse);
        let (dataverse_url, connections) =
            (dataverse.address("dataverse"), dataverse.address("connections"));
        let arm = StandIn::start("headgate-arm", &["--listen", any, "--entra", &entra]);
        let arm_address = arm.address("only:");
        let graph = StandIn::start(
            "headgate-graph",
            &["--listen", any, "--archive", any, "--entra", &entra],
        );
        let (graph_address, archive) = (graph.address("only:"), graph.address(" and"));
        let to_these = |text: &str| {
            text.replace(ENTRA, &entra)
                .replace(IMDS, &imds)
                .replace(DATAVERSE, &dataverse_url)
                .replace(CONNECTIONS, &connections)
                .replace(POWER_AUTOMATE, &power_automate)
                .replace(ARM, &arm_address)
                .replace(GRAPH, &graph_address)
                .replace(GRAPH_ARCHIVE, &archive)
        };
        let document = |path: &str| to_these(&fs::read_to_string(root().join(path)).unwrap());
        let script = fs::read_to_string(root().join("infra/local/up.sh")).unwrap();
        let (_, notify) = script.split_once("SPIN_VARIABLE_NOTIFY_URL:-").unwrap();
        let notify = to_these(notify.split('}').next().unwrap());
        // Dataverse is told where to call back before the host listens.
        let address = free_address();
        let host = LocalHost::new(root().join("infra/spin/spin.toml"))
            .listen(address.parse().unwrap())
            .variable("policy", policy.replace(ISSUER, issuer.base_url()))
            .variable("access", "anonymous")
            .variable("backends", backends.replace(ISSUER, issuer.base_url()))
            .cache_folder(validation.parent().unwrap().join("compiled"))
            .component_source("token-validation", validation)
            .variable("rules", r#"print.then.sink = "log""#)
            .variable("sinks", r#"log = { kind = "stdout" }"#)
            .variable("checks", "none")
            .variable("credentials", document("infra/local/credentials.toml"))
            .variable("dataverse_url", to_these(DATAVERSE))
            .variable("connections_url", to_these(CONNECTIONS))
            .variable("callback_url", format!("http://{address}/desktop-flow"))
            .variable("credential", "machine")
            .variable("environment_id", "37520647-dbdf-49fa-ba01-6134c14680c4")
            .variable("robot_password", "robot")
            .variable("flows", document("functions/cloud-flow/flows/local.toml"))
            .variable("notify_url", notify)
            .variable("upstreams", document("functions/entra-http/upstreams/local.toml"))
            .variable("public_url", format!("{HOST}/entra-http"))
            .variable("places", document("functions/file-relay/places/local.toml"))
            .variable("file_relay_url", format!("http://{address}/file-relay"))
            .component_source("circuit-breaker", component("circuit_breaker"))
            .component_source("cloud-flow", component("cloud_flow"))
            .component_source("desktop-flow", component("desktop_flow"))
            .component_source("entra-http", component("entra_http"))
            .component_source("event-subscription", component("event_subscription"))
            .component_source("file-relay", component("file_relay"))
            .component_source("gateway-tokens", component("gateway_tokens"))
            .state_folder(state.path().join("host"))
            .guest_output(Arc::new(|_, _, _| {}));
        let host = Some(RUNTIME.block_on(host.start()).unwrap());
        Self {
            _stand_ins: vec![clouds, flows, dataverse, arm, graph],
            issuer,
            host,
            program,
            state,
        }
    }

    /// Runs the command in bash and gives its output, with the documented addresses in the place of the real ones.
    fn run(&self, command: &str) -> String {
        let host = format!("http://{}", self.host.as_ref().unwrap().address());
        let script = format!(
            "{JUST}{}",
            command.replace(HOST, &host).replace(ISSUER, self.issuer.base_url())
        );
        let output = Command::new("bash")
            .args(["-c", &script])
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HEADGATE_ISSUER", &self.program)
            .env("ISSUER_URL", self.issuer.base_url())
            .env("ISSUER_STATE", self.state.path().join("issuer"))
            .output()
            .expect("bash");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}\n{error}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.replace(&host, HOST).replace(self.issuer.base_url(), ISSUER).replace('\r', "")
    }
}

impl Drop for Collection {
    fn drop(&mut self) {
        if let Some(host) = self.host.take() {
            RUNTIME.block_on(host.shut_down());
        }
    }
}

/// An address that was free a moment ago.
fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().and_then(Path::parent).unwrap().join(name);
    assert!(
        program.exists(),
        "{} is missing: run `cargo build -p headgate-peers --bins`",
        program.display()
    );
    program
}

/// The blocks of shell that have curl in them, each with the block below it.
fn examples(readme: &str) -> Vec<Example> {
    let text = fs::read_to_string(root().join(readme)).unwrap();
    let (mut found, mut lines) = (Vec::new(), text.lines().enumerate());
    while let Some((number, line)) = lines.next() {
        if line != "```sh" {
            continue;
        }
        let mut block = || {
            let inside = lines.by_ref().take_while(|(_, line)| *line != "```");
            inside.map(|(_, line)| line).collect::<Vec<_>>().join("\n")
        };
        let command = block();
        if !command.contains("curl ") {
            continue;
        }
        let place = format!("{readme}:{}", number + 1);
        assert_eq!(lines.next().map(|(_, line)| line), Some(""), "{place}: no output follows");
        assert_eq!(
            lines.next().map(|(_, line)| line),
            Some("```text"),
            "{place}: no output follows"
        );
        let inside = lines.by_ref().take_while(|(_, line)| *line != "```");
        let output = inside.map(|(_, line)| line).collect::<Vec<_>>().join("\n");
        found.push(Example { place, command, output });
    }
    found
}

/// Whether `actual` is the text `documented`, in which `…` stands for anything.
fn is_like(documented: &str, actual: &str) -> bool {
    let mut pieces = documented.trim_end().split('…');
    let Some(mut rest) = pieces.next().and_then(|first| actual.trim_end().strip_prefix(first))
    else {
        return false;
    };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}

/// What of the documented output the actual one has not. Headers may stand in any order, and there may be more of them.
fn difference(documented: &str, actual: &str) -> Option<String> {
    if !documented.starts_with("HTTP/") {
        return (!is_like(documented, actual)).then(|| documented.to_owned());
    }
    let (head, body) = documented.split_once("\n\n").unwrap_or((documented, ""));
    let (actual_head, actual_body) = actual.split_once("\n\n").unwrap_or((actual, ""));
    let absent = head.lines().find(|line| !actual_head.lines().any(|actual| is_like(line, actual)));
    match absent {
        Some(line) => Some(line.to_owned()),
        None => (!is_like(body, actual_body)).then(|| body.to_owned()),
    }
}

#[test]
fn what_the_readmes_say_of_their_curl_lines_is_so() {
    let collection = Collection::start();
    for readme in [
        "README.md",
        "functions/token-validation/README.md",
        "functions/circuit-breaker/README.md",
        "functions/cloud-flow/README.md",
        "functions/desktop-flow/README.md",
        "functions/entra-http/README.md",
        "functions/event-subscription/README.md",
        "functions/file-relay/README.md",
        "functions/gateway-tokens/README.md",
    ] {
        let examples = examples(readme);
        assert!(examples.len() >= 3, "{readme} has lost its examples");
        for Example { place, command, output } in examples {
            let actual = collection.run(&command);
            if let Some(missing) = difference(&output, &actual) {
                panic!("{place}: {command}\n\nhas not given:\n{missing}\n\nbut:\n{actual}");
            }
        }
    }
}

#[test]
fn documented_output_matches_only_what_it_says() {
    assert!(is_like("a…c", "abc") && is_like("…", "") && is_like("a ", "a"));
    assert!(!is_like("a…c", "abcd") && !is_like("a", "ab") && !is_like("a…b…c", "acb"));
    let actual = "HTTP/1.1 200 OK\ndate: now\nx: 1\n\nbody";
    assert_eq!(difference("HTTP/1.1 200 OK\nx: 1\n\nbody", actual), None);
    assert_eq!(difference("HTTP/1.1 200 OK\nx: 2\n\nbody", actual), Some("x: 2".into()));
    assert_eq!(difference("HTTP/1.1 200 OK", actual), Some(String::new()));
}
