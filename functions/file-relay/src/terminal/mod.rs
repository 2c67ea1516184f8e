//! Carries one file from the command line: `file-relay relay SOURCE DESTINATION`.

mod bar;
mod named;
mod variables;

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use headgate_core::{Body, Clock, Diagnostics, DocumentLoader, Handler, Severity, Timer};
use headgate_entra::ProcessEnvironment;
use headgate_native::{
    Command, DiskFiles, EnvVariables, NativeBackground, NativeOutlets, NativeStore, OsRandom,
    RedbStore, ReqwestClient, SystemClock,
};
use headgate_world::Native;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use self::bar::{bar, line};
use self::named::{Named, Side};
use self::variables::TerminalVariables;
use crate::host::{HostPlace, NativeHost};
use crate::variables::PLACES;
use crate::{Beside, Configuration, FileRelay, Ports, World};

/// `file-relay relay SOURCE DESTINATION`.
pub(crate) const RELAY: Command = Command {
    words: &["relay"],
    operands: &["SOURCE", "DESTINATION"],
    about: "Carries one file, and shows how far it is. Each of the two is PLACE:PATH with a place of HEADGATE_PLACES, an http \
            or https address, or a path of this machine. A destination that ends with / keeps the file's name; a file that \
            is there stays.",
    run,
};

/// The exit code for what was asked for wrongly: `EX_USAGE` of sysexits.h.
const USAGE: u8 = 64;

/// The exit code for a configuration that cannot be used: `EX_CONFIG`.
const CONFIG: u8 = 78;

/// The exit code where the operating system refuses something: `EX_OSERR`.
const SYSTEM: u8 = 71;

/// How often the bar is drawn.
const FRAME: Duration = Duration::from_millis(100);

/// How many frames pass between two lines where there is no terminal.
const FRAMES_PER_LINE: u32 = 50;

const ANSWER_LIMIT: usize = 1024 * 1024;

/// The ports of a process at a terminal.
enum Terminal {}

impl headgate_entra::World for Terminal {
    type Http = ReqwestClient;
    type KeyValue = NativeStore;
    type Clock = SystemClock;
    type Random = OsRandom;
    type Files = DiskFiles;
    type Diagnostics = Told;
    type Environment = ProcessEnvironment;
}

impl World for Terminal {
    type Outlets = NativeOutlets;
    type Background = NativeBackground;
    type HostPlace = HostPlace;

    fn beside() -> Option<Beside> {
        Native::beside()
    }
}

/// Tells whoever sits at the terminal.
#[derive(Clone, Copy, Debug)]
struct Told;

impl Diagnostics for Told {
    fn report(&self, severity: Severity, message: &dyn fmt::Display) {
        tell(&format_args!("{}: {message}", severity.as_str()));
    }
}

fn tell(message: &dyn fmt::Display) {
    // Nobody is left to tell when it cannot be written.
    drop(writeln!(io::stderr(), "{message}"));
}

/// Why nothing was carried.
struct Refused(u8, String);

fn run(operands: &[String], out: &mut dyn Write) -> ExitCode {
    let [source, destination] = operands else { return ExitCode::from(USAGE) };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let carried = match &runtime {
        Ok(runtime) => runtime.block_on(Box::pin(carry(source, destination))),
        Err(error) => Err(Refused(SYSTEM, error.to_string())),
    };
    match carried {
        Ok(receipt) => {
            let has_arrived = matches!(text(&receipt, "status"), Some("succeeded" | "skipped"));
            let shown = serde_json::to_string_pretty(&receipt).unwrap_or_default();
            let is_written = writeln!(out, "{shown}").is_ok();
            if has_arrived && is_written { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(Refused(code, message)) => {
            tell(&format_args!("file-relay: {message}"));
            ExitCode::from(code)
        }
    }
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

async fn carry(source: &str, destination: &str) -> Result<Value, Refused> {
    let usage = |message: &str| Refused(USAGE, message.to_owned());
    let source = Named::read(source, Side::Source).map_err(usage)?;
    let destination = Named::read(destination, Side::Destination).map_err(usage)?;
    let destination = destination.with_name_of(&source);
    let mut places = String::new();
    if source.is_configured() || destination.is_configured() {
        let http = ReqwestClient::new();
        let documents = DocumentLoader { variables: &EnvVariables, files: &DiskFiles, http: &http };
        let loaded = documents.load(PLACES).await;
        let loaded =
            loaded.map_err(|error| Refused(CONFIG, format!("variable places: {error}")))?;
        let unset = || usage("HEADGATE_PLACES is not set, and PLACE:PATH names a place of it");
        places = loaded.ok_or_else(unset)?.text;
    }
    places.push_str(&source.document());
    places.push_str(&destination.document());
    let variables = TerminalVariables { outer: EnvVariables, places };
    let function = function(&variables).await?;
    let order = json!({
        "source": { "place": source.place, "path": source.path },
        "destination": { "place": destination.place, "path": destination.path },
    });
    let (status, mut receipt) = ask(&function, "POST", "/relays", &order.to_string()).await?;
    if status.is_client_error() || status.is_server_error() {
        return Err(Refused(USAGE, text(&receipt, "detail").unwrap_or("refused").to_owned()));
    }
    let path = format!("/relays/{}", text(&receipt, "id").unwrap_or_default());
    let (is_terminal, begun) = (io::stderr().is_terminal(), SystemClock.now());
    let mut frame = 0_u32;
    loop {
        let has_ended = text(&receipt, "endedTime").is_some();
        let elapsed = SystemClock.now().since(begun);
        if is_terminal {
            drop(write!(io::stderr(), "\r{}\u{1b}[K", bar(&receipt, elapsed)));
        } else if has_ended || frame % FRAMES_PER_LINE == FRAMES_PER_LINE - 1 {
            tell(&line(&receipt, elapsed));
        }
        if has_ended {
            if is_terminal {
                tell(&"");
            }
            return Ok(receipt);
        }
        frame = frame.wrapping_add(1);
        SystemClock.sleep(FRAME).await;
        receipt = ask(&function, "GET", &path, "").await?.1;
    }
}

async fn function(
    variables: &TerminalVariables<EnvVariables>,
) -> Result<FileRelay<Terminal>, Refused> {
    let (http, files, random) = (ReqwestClient::new(), DiskFiles, OsRandom);
    let host = NativeHost::new(Told);
    let configuration = Configuration::load(variables, &files, &http, &random, host).await;
    let configuration = configuration.map_err(|error| Refused(CONFIG, error.to_string()))?;
    let acting = headgate_entra::Ports {
        http,
        key_value: RedbStore::in_memory().into(),
        clock: SystemClock,
        random,
        files,
        diagnostics: Told,
        environment: ProcessEnvironment,
    };
    let (outlets, background) = (NativeOutlets::new(), NativeBackground { lambda: false });
    let public_http = ReqwestClient::for_public_addresses();
    Ok(FileRelay::new(configuration, Ports { acting, public_http, outlets, background }))
}

async fn ask(
    function: &FileRelay<Terminal>,
    method: &str,
    path: &str,
    body: &str,
) -> Result<(StatusCode, Value), Refused> {
    let failed = |message: String| Refused(SYSTEM, message);
    let request = Request::builder().method(method).uri(path).body(Body::from(body.to_owned()));
    let request = request.map_err(|error| failed(error.to_string()))?;
    let response = Box::pin(function.handle(request)).await;
    let status = response.status();
    let answer = response.into_body().read(ANSWER_LIMIT).await;
    let answer = answer.map_err(|error| failed(error.to_string()))?;
    let answer = serde_json::from_slice(&answer).map_err(|error| failed(error.to_string()))?;
    Ok((status, answer))
}
