use std::io::Write;
use std::process::ExitCode;

use headgate_jwt::policy;

/// `EX_DATAERR`, `EX_NOINPUT` and `EX_OSERR` of sysexits.h.
const DATA_ERROR: u8 = 65;
const NO_INPUT: u8 = 66;
const SYSTEM_ERROR: u8 = 71;

/// Explains the policy document in a file, with the variables of the environment.
pub(crate) fn run(operands: &[String], out: &mut dyn Write) -> ExitCode {
    let [path] = operands else {
        return ExitCode::from(NO_INPUT);
    };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return failed(&format!("{path}: {error}"), NO_INPUT),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("cannot start: {error}"), SYSTEM_ERROR),
    };
    match runtime.block_on(policy::load(&text, &headgate_native::EnvVariables)) {
        Ok(policies) => match out.write_all(policy::explain(&policies).as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&error.to_string(), SYSTEM_ERROR),
        },
        Err(error) => failed(&format!("{path}: {error}"), DATA_ERROR),
    }
}

fn failed(reason: &str, code: u8) -> ExitCode {
    eprintln!("token-validation: {reason}");
    ExitCode::from(code)
}
