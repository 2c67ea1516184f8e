//! Measures what a Lambda function costs by itself: `lambda_cost PROGRAM…`, best with programs of the profile `native`.
//!
//! For each program: the time from its start to its first poll (median of 40), a warm round trip (median of 5,000, the
//! two ends taking turns with the other programs' so that all meet the same machine), and its memory afterwards.

use std::error::Error;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use headgate_fakes::LambdaRuntimeApi;

const EVENT: &str = r#"{"version":"2.0","routeKey":"$default","rawPath":"/validate","rawQueryString":"","headers":{"host":"api.example","accept":"*/*","x-forwarded-for":"203.0.113.7","authorization":"Bearer aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},"requestContext":{"accountId":"123456789012","apiId":"api","domainName":"api.example","domainPrefix":"api","http":{"method":"GET","path":"/validate","protocol":"HTTP/1.1","sourceIp":"203.0.113.7","userAgent":"curl/8.5.0"},"requestId":"id","routeKey":"$default","stage":"$default","time":"12/Mar/2026:19:03:58 +0000","timeEpoch":1583348638390},"isBase64Encoded":false}"#;

struct Measured {
    program: String,
    api: LambdaRuntimeApi,
    process: Child,
    trips: Vec<Duration>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let programs: Vec<String> = std::env::args().skip(1).collect();
    let mut output = std::io::stdout();
    for program in &programs {
        let mut starts = Vec::new();
        for _ in 0..40 {
            let (_, mut process, start) = start(program)?;
            process.kill()?;
            process.wait()?;
            starts.push(start);
        }
        writeln!(output, "{program}: start to first poll {:?}", median(&mut starts))?;
    }
    let mut all = Vec::new();
    for program in programs {
        let (api, process, _) = start(&program)?;
        all.push(Measured { program, api, process, trips: Vec::new() });
    }
    for round in 0..5_500 {
        for one in &mut all {
            let begun = now();
            one.api.invoke(EVENT).map_err(|error| format!("{}: {error:?}", one.program))?;
            if round >= 500 {
                one.trips.push(begun.elapsed());
            }
        }
    }
    for one in &mut all {
        let status = std::fs::read_to_string(format!("/proc/{}/status", one.process.id()))?;
        let memory = |name| status.lines().find(|line: &&str| line.starts_with(name));
        let (now, peak) = (memory("VmRSS").unwrap_or(""), memory("VmHWM").unwrap_or(""));
        let trip = median(&mut one.trips);
        writeln!(output, "{}: warm round trip {trip:?}; {now}; {peak}", one.program)?;
        one.process.kill()?;
        one.process.wait()?;
    }
    Ok(())
}

fn start(program: &str) -> Result<(LambdaRuntimeApi, Child, Duration), Box<dyn Error>> {
    let api = LambdaRuntimeApi::start()?;
    let begun = now();
    let process = Command::new(program)
        .env_clear()
        .envs(api.environment())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let polled = api.first_poll().ok_or("it never polled")?;
    Ok((api, process, polled - begun))
}

#[expect(clippy::disallowed_methods, reason = "this measures")]
fn now() -> Instant {
    Instant::now()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
