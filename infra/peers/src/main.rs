//! `headgate-issuer`: a local identity issuer for development, and a client that gets tokens from it.

mod cli;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(cli::Arguments::parse()).await
}
