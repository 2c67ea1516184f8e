use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use headgate_core::Timestamp;
use headgate_fakes::ManualClock;

use super::answer::judge;
use super::call::request;
use super::host::{Host, NotStarted};
use super::matching::Matching;
use super::names::Names;
use super::peers::Peers;
use super::place::Place;
use super::scene::{Plot, Story};
use super::setting::Setting;
use super::start::start;
use super::steps::{Asked, EventOutcome, Step, Told};

/// What a clock shows that the test moves: 2033-05-18T03:33:20Z.
const START: Timestamp = Timestamp::from_secs(2_000_000_000);

/// How long a function may take until it answers as told, where a step asks it until then.
const PATIENCE: Duration = Duration::from_secs(20);

/// How far a manual clock moves between two attempts.
const ATTEMPT: Duration = Duration::from_millis(100);

/// How many attempts there are on a manual clock.
const ATTEMPTS: usize = 200;

/// Tells a case on one host.
///
/// # Errors
///
/// What goes otherwise than the case has it.
pub fn run(story: &Story, place: Place) -> Result<(), String> {
    let clock = place.has_manual_clock().then(|| ManualClock::at(START));
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let names = Names::new(clock.clone(), folder.path());
    let names = story.token.iter().fold(names, Names::with_token);
    let peers = Peers::start(&story.peers, names, place == Place::Component);
    let peers = peers.map_err(|error| error.to_string())?;
    let setting = Setting::lay(story, &peers, folder).map_err(|error| error.to_string())?;
    let fails = matches!(story.plot, Plot::DoesNotStart(_));
    let started = start(place, story.function, &setting, clock, fails);
    let host = match (started, &story.plot) {
        (Ok(host), Plot::Steps(steps)) => {
            for (index, step) in steps.iter().enumerate() {
                take(step, host.as_ref(), &peers).map_err(|error| {
                    format!("step {}: {error}\n{}", index + 1, peers.unexpected())
                })?;
            }
            host
        }
        (Err(NotStarted::Misconfigured(came)), Plot::DoesNotStart(told)) if came == *told => {
            return peers.wait_for_all();
        }
        (Err(NotStarted::Misconfigured(came)), Plot::DoesNotStart(told)) => {
            return Err(format!("it says\n{came}\nand not\n{told}"));
        }
        (Err(NotStarted::Misconfigured(came)), Plot::Steps(_)) => {
            return Err(format!("it does not start: {came}"));
        }
        (Err(NotStarted::Broken(error)), _) => return Err(error),
        (Ok(_), Plot::DoesNotStart(_)) => return Err("it starts".to_owned()),
    };
    peers.wait_for_all()?;
    if place.goes_on_after_its_answer() {
        peers.stay_quiet()?;
    }
    drop(host);
    // What it sent while it ended counts too.
    peers.was_right()
}

fn take(step: &Step, host: &dyn Host, peers: &Peers) -> Result<(), String> {
    match step {
        Step::Ask { request, response, until: false, times } => {
            (0..*times).try_for_each(|_| ask(request, response, host, peers))
        }
        Step::Ask { request, response, until: true, .. } => {
            ask_until(request, response, host, peers)
        }
        Step::Event { event, outcome } => {
            let came = host.hand_over(&peers.names().fill_all(event))?;
            match (outcome, came) {
                (EventOutcome::Result(told), Ok(came)) => {
                    let mut matching = Matching::new(peers.names());
                    matching.json("the result", told, &came);
                    matching.end().map_err(|wrong| wrong.join("\n"))
                }
                (EventOutcome::Fails(told), Err(came)) if *told == came => Ok(()),
                (told, came) => Err(format!("the event came to {came:?} and not {told:?}")),
            }
        }
        Step::Advance(seconds) => {
            let clock = peers.names().clock().ok_or("the clock is not the test's")?;
            clock.advance(Duration::from_secs(*seconds));
            Ok(())
        }
        Step::Arrived(counts) => {
            counts.iter().try_for_each(|(peer, count)| peers.wait_for(peer, *count))
        }
    }
}

fn ask(asked: &Asked, told: &Told, host: &dyn Host, peers: &Peers) -> Result<(), String> {
    let mut request = request(asked, peers.names());
    let Some(logged) = &told.logged else {
        return judge(told, &host.ask(request)?, peers.names());
    };
    let trace_id = format!("{:032x}", REQUESTS.fetch_add(1, Ordering::Relaxed));
    let trace = format!("00-{trace_id}-00000000000000ca-00");
    request.headers_mut().insert("traceparent", trace.parse().expect("a header's value"));
    judge(told, &host.ask(request)?, peers.names())?;
    match host.logged(&trace_id)? {
        came if came == *logged => Ok(()),
        came => Err(format!("the log says {came} and not {logged}")),
    }
}

/// How many requests were to be found in a log, and the number of the next.
static REQUESTS: AtomicU64 = AtomicU64::new(1);

#[expect(clippy::disallowed_methods, reason = "a process answers by the real clock")]
fn ask_until(asked: &Asked, told: &Told, host: &dyn Host, peers: &Peers) -> Result<(), String> {
    let begun = Instant::now();
    for attempt in 1.. {
        let Err(error) = ask(asked, told, host, peers) else { break };
        match peers.names().clock() {
            Some(clock) if attempt < ATTEMPTS => clock.advance(ATTEMPT),
            None if begun.elapsed() < PATIENCE => {}
            _ => return Err(format!("after {attempt} attempts: {error}")),
        }
    }
    Ok(())
}
