use std::io::Write;
use std::process::ExitCode;

use headgate_core::Random;
use headgate_native::OsRandom;
use sha2::{Digest, Sha256};

/// Makes a key of 128 bits, as API Management's are, and its hash.
pub(crate) fn run(_operands: &[String], out: &mut dyn Write) -> ExitCode {
    let mut bytes = [0; 16];
    OsRandom.fill(&mut bytes);
    let key = hex(&bytes);
    let hash = hex(&Sha256::digest(&key));
    let written = writeln!(
        out,
        "key                 {key}\nprimary-key-sha256  {hash}\n\nGive the key to the caller; the products document holds \
         the hash alone."
    );
    if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
