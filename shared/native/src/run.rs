use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::num::NonZero;
use std::process::ExitCode;
use std::sync::Arc;

use futures_util::FutureExt;
use headgate_core::{Handler, Observed};
use tokio::runtime::{Builder, Runtime};

use crate::base_path::BasePath;
use crate::catch_panic::CatchPanic;
use crate::command_line::{self, Asked};
use crate::function::Function;
use crate::http_server::{HttpServer, Limits};
use crate::lines::{Flush, Lines};
use crate::metrics::Metrics;
use crate::panic_report::report_panics;
use crate::ports::NativePorts;
use crate::request_log::NativeRequestLog;
use crate::settings::{Settings, SettingsError};
use crate::shutdown::Shutdown;
use crate::store_place::StorePlaceError;
use crate::{
    DiskFiles, EnvVariables, NativeBackground, NativeStore, OsRandom, RedbStore, ReqwestClient,
    StderrDiagnostics, SystemClock, lambda,
};

/// Runs a function as this process: does what its command line asks for, or serves until it is told to end.
///
/// It serves as an AWS Lambda function when `AWS_LAMBDA_RUNTIME_API` is set, and over HTTP otherwise; `--help` lists the
/// variables. `load` makes the function from its ports once, before the first request.
///
/// The exit code is 0 after a shutdown, 78 when the configuration cannot be used (`load` failed, or a variable of the host
/// is wrong), and 71 when the operating system refuses something; both with one line on standard error.
///
/// ```no_run
/// use headgate_core::{Body, Handler};
/// use headgate_native::{Function, NativePorts};
///
/// struct Hello;
///
/// impl Handler for Hello {
///     async fn handle(&self, _: http::Request<Body>) -> http::Response<Body> {
///         http::Response::new(Body::from("hello"))
///     }
/// }
///
/// const FUNCTION: Function = Function {
///     name: "hello",
///     version: env!("CARGO_PKG_VERSION"),
///     about: "Says hello.",
///     variables: &[],
///     computes_beside: false,
///     commands: &[],
/// };
///
/// fn main() -> std::process::ExitCode {
///     headgate_native::run(&FUNCTION, async |_: NativePorts| Ok::<_, String>(Hello))
/// }
/// ```
pub fn run<H, E, L>(function: &Function, load: L) -> ExitCode
where
    H: Handler + 'static,
    E: fmt::Display,
    L: AsyncFnOnce(NativePorts) -> Result<H, E>,
{
    // Without arguments there is nothing to parse, and a Lambda is up that much sooner.
    if std::env::args_os().len() > 1 {
        match command_line::read(function, std::env::args_os()) {
            Ok(Asked::Serve) => {}
            Ok(Asked::Do(command, operands)) => {
                return (command.run)(&operands, &mut io::stdout().lock());
            }
            Err(answer) => {
                // Nobody is left to tell when it cannot be printed.
                drop(answer.print());
                return if answer.use_stderr() { ExitCode::from(64) } else { ExitCode::SUCCESS };
            }
        }
    }
    match serve(function, load) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{}: {failure}", function.name);
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Why a function does not serve.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("{0}")]
    Load(String),
    #[error("cannot listen on {address}: {reason}")]
    Listen { address: SocketAddr, reason: io::Error },
    #[error("cannot start: {0}")]
    System(#[from] io::Error),
    #[error("lost the Lambda runtime API: {0}")]
    Lambda(lambda_runtime::Error),
}

impl Failure {
    /// The codes of sysexits.h: `EX_CONFIG` and `EX_OSERR`.
    const fn exit_code(&self) -> u8 {
        match self {
            Self::Settings(_) | Self::Load(_) => 78,
            Self::Listen { .. } | Self::System(_) | Self::Lambda(_) => 71,
        }
    }
}

fn serve<H, E, L>(function: &Function, load: L) -> Result<(), Failure>
where
    H: Handler + 'static,
    E: fmt::Display,
    L: AsyncFnOnce(NativePorts) -> Result<H, E>,
{
    #[expect(clippy::disallowed_methods, reason = "the host's own settings, read once")]
    let settings = Settings::read(|name| std::env::var(name).ok())?;
    let (lines, flush) = lines(&settings)?;
    let diagnostics = StderrDiagnostics { function: function.name, lines: lines.clone() };
    report_panics(diagnostics.clone());
    let runtime = runtime(&settings, function)?;
    let ports = NativePorts {
        http: ReqwestClient::new(),
        key_value: store(&settings, function)?,
        variables: EnvVariables,
        files: DiskFiles,
        clock: SystemClock,
        random: OsRandom,
        diagnostics: diagnostics.clone(),
        background: NativeBackground { lambda: settings.lambda },
    };
    let served = runtime.block_on(async {
        // In boxes without a type, all three: they nest deeper than the compiler follows.
        let loaded = load(ports).boxed_local().await;
        let loaded = loaded.map_err(|error| Failure::Load(error.to_string()))?;
        let metrics = settings.metrics.map(|_| Metrics::new());
        let handler = Observed {
            function: function.name,
            handler: CatchPanic(loaded),
            clock: SystemClock,
            random: OsRandom,
            log: NativeRequestLog { logged: settings.log, lines, metrics: metrics.clone() },
        };
        let handler = BasePath { prefix: settings.prefix.clone(), handler };
        if settings.lambda {
            lambda::serve(Arc::new(handler)).boxed_local().await.map_err(Failure::Lambda)
        } else {
            over_http(&settings, handler, metrics, &diagnostics).boxed_local().await
        }
    });
    // Work that is still blocked, as on a name that does not resolve, is not waited for.
    runtime.shutdown_background();
    drop(flush);
    served
}

/// The store that the settings ask for, which is opened or connected at its first use.
fn store(settings: &Settings, function: &Function) -> Result<NativeStore, SettingsError> {
    let Some(place) = &settings.store else {
        let folder = settings.state.as_ref();
        return Ok(folder.map_or_else(RedbStore::in_memory, RedbStore::in_folder).into());
    };
    // Functions that share a server do not share their keys.
    let own = function.name.parse().map_err(StorePlaceError::from)?;
    Ok(NativeStore::shared(place, &own)?)
}

/// Lambda freezes a process once it has answered, so there each line is written at once.
fn lines(settings: &Settings) -> io::Result<(Lines, Option<Flush>)> {
    if settings.lambda {
        return Ok((Lines::Direct, None));
    }
    let (lines, flush) = Lines::gathered()?;
    Ok((lines, Some(flush)))
}

/// Lambda gives one request at a time to a process, so there one thread is enough.
fn runtime(settings: &Settings, function: &Function) -> io::Result<Runtime> {
    let threads = match settings.threads {
        _ if settings.lambda => 1,
        Some(threads) => threads.get(),
        None => {
            let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
            cores.saturating_sub(usize::from(function.computes_beside)).max(1)
        }
    };
    let mut builder = match threads {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    if threads > 1 {
        builder.worker_threads(threads);
    }
    builder.enable_all().build()
}

async fn over_http(
    settings: &Settings,
    handler: impl Handler + 'static,
    metrics: Option<Metrics>,
    diagnostics: &StderrDiagnostics,
) -> Result<(), Failure> {
    let shutdown = Shutdown::listen()?;
    if let (Some(metrics), Some(address)) = (metrics, settings.metrics) {
        let server = bind(address, metrics).await?;
        diagnostics.listens("metrics are served", server.address()?);
        tokio::spawn(server.serve(std::future::pending()));
    }
    let server = bind(settings.listen, handler).await?;
    diagnostics.listens("ready", server.address()?);
    // On a thread of the runtime's own, which is where its connections are.
    let server = tokio::spawn(server.serve(shutdown.wished()));
    server.await.map_err(|error| Failure::System(io::Error::other(error)))
}

async fn bind<H: Handler + 'static>(
    address: SocketAddr,
    handler: H,
) -> Result<HttpServer<H>, Failure> {
    let server = HttpServer::bind(address, handler, Limits::default()).await;
    server.map_err(|reason| Failure::Listen { address, reason })
}
