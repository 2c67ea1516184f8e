//! Measures what functions cost as Lambda functions: `lambda-bench STATE [NAME PROGRAM EVENTS]…`
//!
//! EVENTS is a file with one event a line, handed out in turn; each must be answered with status 200. For each function
//! one line of JSON: the time from its start to its first poll (median of 40), its warm round trip (median and 99th
//! percentile of 5,000, in turns with the other functions' so that all meet the same machine), in microseconds, and its
//! memory afterwards, in KiB. Starts take turns as well. The functions get the variables `HEADGATE_…` of this process, and each
//! a folder of its own in the folder STATE.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use headgate_fakes::LambdaRuntimeApi;
use serde_json::{Value, json};

const STARTS: usize = 40;
const WARM: usize = 500;
const TRIPS: usize = 5_000;

struct Measured<'a> {
    name: &'a str,
    program: &'a str,
    state: PathBuf,
    events: Vec<String>,
    starts: Vec<Duration>,
    trips: Vec<Duration>,
}

/// A function's process; it is stopped when this is dropped.
struct Function {
    api: LambdaRuntimeApi,
    process: Child,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let state = PathBuf::from(arguments.next().ok_or("STATE")?);
    let arguments: Vec<String> = arguments.collect();
    let mut all = Vec::new();
    for (place, asked) in arguments.chunks(3).enumerate() {
        let state = state.join(place.to_string());
        let [name, program, events] = asked else { return Err("NAME PROGRAM EVENTS".into()) };
        let events = std::fs::read_to_string(events)?.lines().map(str::to_owned).collect();
        all.push(Measured { name, program, state, events, starts: Vec::new(), trips: Vec::new() });
    }
    for _ in 0..STARTS {
        for one in &mut all {
            one.starts.push(Function::start(one.program, &one.state)?.1);
        }
    }
    let mut functions = Vec::new();
    for one in &all {
        functions.push(Function::start(one.program, &one.state)?.0);
    }
    for round in 0..WARM + TRIPS {
        for (one, function) in all.iter_mut().zip(&functions) {
            let event = one.events.get(round % one.events.len()).ok_or("no events")?.clone();
            let begun = now();
            let answer = function.api.invoke(event);
            let trip = begun.elapsed();
            let answer = answer.map_err(|error| format!("{}: {error:?}", one.name))?;
            if round < WARM {
                passed(&answer).map_err(|error| format!("{}: {error}", one.name))?;
            } else {
                one.trips.push(trip);
            }
        }
    }
    let mut output = std::io::stdout();
    for (one, function) in all.iter_mut().zip(&functions) {
        let line = json!({
            "name": one.name,
            "start": percentile(&mut one.starts, 50),
            "p50": percentile(&mut one.trips, 50),
            "p99": percentile(&mut one.trips, 99),
            "memory": function.memory("VmRSS")?,
            "peak": function.memory("VmHWM")?,
        });
        writeln!(output, "{line}")?;
    }
    Ok(())
}

impl Function {
    /// Starts `program`, and says how long it took to ask for its first event.
    fn start(program: &str, state: &Path) -> Result<(Self, Duration), Box<dyn Error>> {
        let api = LambdaRuntimeApi::start()?;
        let own = std::env::vars().filter(|(name, _)| name.starts_with("HEADGATE_"));
        let mut command = Command::new(program);
        command.env_clear().envs(own).envs(api.environment());
        command.env("HEADGATE_STATE_DIR", state);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begun = now();
        let function = Self { process: command.spawn()?, api };
        let polled = function.api.first_poll().ok_or("the function never polled")?;
        Ok((function, polled - begun))
    }

    /// A line of the process's status, in KiB.
    fn memory(&self, name: &str) -> Result<u64, Box<dyn Error>> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find(|line| line.starts_with(name)).ok_or("no such line")?;
        Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse()?)
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn passed(answer: &[u8]) -> Result<(), String> {
    let answer: Value = serde_json::from_slice(answer).map_err(|error| error.to_string())?;
    match answer.get("statusCode").and_then(Value::as_u64) {
        Some(200) => Ok(()),
        status => Err(format!("the status is {status:?}")),
    }
}

fn percentile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    let time = times.get(times.len() * percent / 100).copied().unwrap_or_default();
    time.as_secs_f64() * 1e6
}

#[expect(clippy::disallowed_methods, reason = "this measures")]
fn now() -> Instant {
    Instant::now()
}
