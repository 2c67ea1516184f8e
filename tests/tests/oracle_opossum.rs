//! Random traces agree with opossum (npm), a circuit breaker that nobody of Headgate wrote.
//!
//! What both define is compared: a share of failures within an interval of twenty parts, a least number of calls, and a
//! half-open phase with one probe. opossum keeps what it counted before a trip, so a trip lasts an interval at least; it
//! counts a call that it turns away, so none is made while it is open; and its clock is moved, not waited for.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong in a test has to stop it"
)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use headgate_circuit_breaker::backends::{
    BackendName, FailureCondition, HalfOpen, Rule, RuleName, StatusRange, Threshold,
};
use headgate_circuit_breaker::judging::{
    Moment, Outcome, PARTS, RuleState, Standing, next_state, standing,
};
use headgate_tests::dice::Dice;
use headgate_tests::host::installed;
use http::StatusCode;
use serde_json::{Value, json};

const TRACES: u64 = 1_000;
const STEPS: usize = 400;

/// 2026-11-21T00:00:00Z. Traces begin at the first multiple of a part from there on, as opossum's parts do.
const START: u64 = 1_795_219_200_000;

struct Trace {
    rule: Rule,
    start: u64,
    steps: Vec<Step>,
}

/// So many milliseconds pass, and then perhaps a call ends.
struct Step {
    wait: u64,
    call: Option<Call>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    Succeeded,
    Failed,
}

fn trace(seed: u64) -> Trace {
    let mut dice = Dice::new(seed);
    // A part is a twentieth exactly, in both.
    let part = 50 * (1 + dice.below(60));
    let interval = part * PARTS;
    let trip = interval + dice.below(2 * interval);
    let threshold = Threshold::Percentage(u8::try_from(1 + dice.below(100)).unwrap());
    let minimum_calls = if dice.one_in(3) { 0 } else { dice.below(15) };
    let failing = 1 + dice.below(9);
    let step = |dice: &mut Dice| Step {
        wait: match dice.below(10) {
            0 | 1 => 0,
            2..=5 => dice.below(part),
            6 => dice.below(3 * part),
            7 => part * dice.below(PARTS),
            _ => dice.below(trip + trip / 2),
        },
        call: match dice.below(10) {
            0 => None,
            _ if dice.below(10) < failing => Some(Call::Failed),
            _ => Some(Call::Succeeded),
        },
    };
    let steps = (0..STEPS).map(|_| step(&mut dice)).collect();
    let rule = Rule {
        name: RuleName::parse("r").unwrap(),
        condition: FailureCondition {
            threshold,
            interval: Duration::from_millis(interval),
            status_code_ranges: vec![StatusRange { min: 500, max: 599 }],
            error_reasons: Vec::new(),
            minimum_calls,
        },
        trip_duration: Duration::from_millis(trip),
        accept_retry_after: false,
        failure_status: StatusCode::SERVICE_UNAVAILABLE,
        half_open: Some(HalfOpen { probes: 1 }),
    };
    Trace { rule, start: START.next_multiple_of(part), steps }
}

/// What the function says of a trace: its phase after each step.
fn judged(Trace { rule, start, steps }: &Trace) -> Vec<&'static str> {
    let backend = BackendName::parse("b").unwrap();
    let (mut state, mut now) = (RuleState::default(), *start);
    let mut phases = Vec::new();
    for Step { wait, call } in steps {
        now += wait;
        let at = Moment::from_millis(now).timestamp();
        if let Some(call) = call {
            let status = if *call == Call::Failed { 500 } else { 200 };
            let status = Some(StatusCode::from_u16(status).unwrap());
            let outcome = Outcome { id: None, at, status, error_reason: None, retry_after: None };
            (state, _) = next_state(&backend, rule, state, &outcome, at);
        }
        phases.push(match standing(Some(rule), &state, at) {
            Standing::Closed => "closed",
            Standing::Open { .. } => "open",
            Standing::HalfOpen { .. } => "half-open",
        });
    }
    phases
}

/// The trace as `opossum.mjs` reads it. opossum trips above its percentage, Headgate at it.
fn written(Trace { rule, start, steps }: &Trace) -> Value {
    let Threshold::Percentage(percentage) = rule.condition.threshold else { unreachable!() };
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap();
    let steps: Vec<Value> = steps
        .iter()
        .map(|Step { wait, call }| {
            let call = call.map(|call| if call == Call::Failed { "failed" } else { "succeeded" });
            json!({ "wait": wait, "call": call })
        })
        .collect();
    json!({
        "start": start,
        "options": {
            "rollingCountTimeout": millis(rule.condition.interval),
            "rollingCountBuckets": PARTS,
            "errorThresholdPercentage": f64::from(percentage) - 1e-6,
            "volumeThreshold": rule.condition.minimum_calls,
            "resetTimeout": millis(rule.trip_duration),
        },
        "steps": steps,
    })
}

/// What opossum says of the traces.
fn opossum(traces: &[Trace]) -> Vec<Vec<String>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/opossum.mjs");
    let mut node = Command::new(installed("node").unwrap())
        .env_clear()
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let input: String = traces.iter().map(|trace| format!("{}\n", written(trace))).collect();
    let mut stdin = node.stdin.take().unwrap();
    // Beside the reading: neither end waits for the other to have said all.
    let writing = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = node.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "to install opossum, run `just setup-tests`: {said}");
    writing.join().unwrap().unwrap();
    let lines = str::from_utf8(&output.stdout).unwrap().lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_thousand_random_traces_agree_with_opossum_after_each_step() {
    let traces: Vec<Trace> = (0..TRACES).map(trace).collect();
    let answers = opossum(&traces);
    assert_eq!(answers.len(), traces.len());
    let (mut tripped, mut half_opened, mut closed, mut reopened) = (0, 0, 0, 0);
    for (seed, (trace, answer)) in traces.iter().zip(&answers).enumerate() {
        let phases = judged(trace);
        assert_eq!(answer.len(), phases.len());
        let differs = (0..STEPS).find(|step| phases[*step] != answer[*step]);
        if let Some(step) = differs {
            let steps = &written(trace)["steps"].as_array().unwrap()[..=step].to_vec();
            panic!(
                "trace {seed}, step {step}: Headgate {}, opossum {}\n{:#?}\n{}",
                phases[step],
                answer[step],
                trace.rule,
                Value::from(steps.as_slice())
            );
        }
        for pair in phases.windows(2) {
            match (pair[0], pair[1]) {
                ("closed", "open") => tripped += 1,
                ("half-open", "closed") => closed += 1,
                ("half-open", "open") => reopened += 1,
                ("open", "half-open") => half_opened += 1,
                _ => {}
            }
        }
    }
    // Each trace in which something happens is worth more than many in which nothing does.
    let counts = [tripped, half_opened, closed, reopened];
    assert!(counts.iter().all(|count| *count > 500), "{counts:?}");
}
