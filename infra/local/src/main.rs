//! `headgate-local`: serves what an application manifest describes, on this machine.

mod arguments;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use headgate_local::Drained;
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::Arguments;

/// Serving a request allocates often, on threads that take turns, and what one thread takes another gives back: jemalloc is as
/// fast at that as the others, and alone gives the memory back as well.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Arguments::parse()).await {
        Ok(Drained::Finished) => ExitCode::SUCCESS,
        Ok(Drained::BrokenOff) => complain(&"some requests did not finish in time"),
        Err(error) => complain(&error),
    }
}

async fn serve(arguments: Arguments) -> Result<Drained, Box<dyn std::error::Error>> {
    let mut terminate = signal(SignalKind::terminate())?;
    if !arguments.listen.ip().is_loopback() {
        complain(&format_args!("{} can be reached from other machines", arguments.listen));
    }
    let running = arguments.host().start().await?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", running.application())?;
    let width = running.routes().iter().map(|(route, _)| route.len()).max().unwrap_or_default();
    for (route, component) in running.routes() {
        writeln!(out, "  {route:width$}  {component}")?;
    }
    writeln!(out, "listening on http://{}", running.address())?;
    out.flush()?;
    drop(out);
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(running.shut_down().await)
}

fn complain(what: &dyn std::fmt::Display) -> ExitCode {
    // Nobody is left to tell when standard error is gone.
    let _ = writeln!(std::io::stderr(), "headgate-local: {what}");
    ExitCode::FAILURE
}
