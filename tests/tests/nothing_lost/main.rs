//! Two hundred kills, and no event is lost, invented or given a second id.
//!
//! Four native processes, each with a file store of its own, are driven over HTTP and killed with SIGKILL at random
//! moments, while one sink refuses connections and the other hangs, fails, breaks off, or takes events in silence. Each is
//! started again, and whatever was not answered is asked again. All changes that the drivers ask for are idempotent, so
//! they know in the end how often each circuit opened and closed; once the sinks are well and the outboxes empty, each
//! sink must have exactly these events.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong in a test has to stop it"
)]

mod account;
mod lane;
mod victim;

use std::time::Duration;

use headgate_core::{Clock, Timestamp};
use headgate_native::SystemClock;
use headgate_tests::breaker::{Delivery, EventSink, Treatment};
use headgate_tests::dice::Dice;
use headgate_tests::host::RUNTIME;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use account::check;
use victim::{Killed, Sinks, Victim};

const VICTIMS: u64 = 4;
const KILLS: usize = 50;

/// An event that is older is taken whenever it comes: then no wait of the schedule outlasts the test.
const FRAIL: Duration = Duration::from_secs(15);

/// When the refusing sink begins to listen: after so many kills.
const REFUSED: usize = 80;

/// A sink that treats events at random while `ill`, the same choices in each run.
fn moody(ill: &Arc<AtomicBool>) -> impl Fn(&Delivery) -> Treatment + Send + Sync + use<> {
    let (ill, dice) = (Arc::clone(ill), Mutex::new(Dice::new(7)));
    move |delivery| {
        // Both are UTC by RFC 3339, so they stand in the order of time.
        let frail = Timestamp::from_secs(SystemClock.now().as_secs() - FRAIL.as_secs()).to_string();
        let is_old = delivery.event["time"].as_str().unwrap() < frail.as_str();
        if !ill.load(SeqCst) || is_old {
            return Treatment::Take;
        }
        match dice.lock().unwrap().below(8) {
            0 | 1 => Treatment::Hang,
            2 => Treatment::TakeInSilence,
            3 | 4 => Treatment::Fail,
            5 => Treatment::BreakOff,
            _ => Treatment::Take,
        }
    }
}

#[test]
fn no_event_is_lost_or_invented_over_two_hundred_kills() {
    let ill = Arc::new(AtomicBool::new(true));
    let sinks = Arc::new(Sinks {
        moody: EventSink::open(moody(&ill)),
        refusing: EventSink::closed(|_| Treatment::Take),
    });
    let kills = Arc::new(AtomicUsize::new(0));
    let lives = (0..VICTIMS).map(|number| {
        let (sinks, kills) = (Arc::clone(&sinks), Arc::clone(&kills));
        std::thread::spawn(move || {
            let mut victim = Victim::new(number, &sinks);
            let mut killed = Vec::new();
            for _ in 0..KILLS {
                killed.push(victim.live_and_die(&sinks));
                if kills.fetch_add(1, SeqCst) + 1 == REFUSED {
                    sinks.refusing.listen();
                }
            }
            (victim, killed)
        })
    });
    let lives: Vec<_> = lives.collect();
    let lives: Vec<(Victim, Vec<Killed>)> =
        lives.into_iter().map(|life| life.join().unwrap()).collect();
    ill.store(false, SeqCst);
    let (mut victims, killed): (Vec<_>, Vec<_>) = lives.into_iter().unzip();
    let killed = killed.concat();
    assert_eq!(killed.len(), 200);
    let asking = killed.iter().filter(|killed| killed.asking > 0).count();
    let delivering = killed.iter().filter(|killed| killed.delivering > 0).count();
    assert!(
        asking >= 150 && delivering >= 30,
        "{asking} while asking, {delivering} while delivering"
    );

    RUNTIME.block_on(async {
        for victim in &mut victims {
            victim.come_to_rest().await;
        }
    });
    let (mut changes, mut deliveries) = (0, 0);
    for victim in &victims {
        RUNTIME.block_on(victim.empty_its_outbox(&sinks));
        let expected = victim.accounts();
        for sink in [&sinks.moody, &sinks.refusing] {
            let got = sink.taken().into_iter().filter(|got| got.path == victim.path);
            let got: Vec<_> = got.map(|got| got.event).collect();
            check(&victim.source(), &expected, &got);
            deliveries += got.len();
        }
        changes += expected.iter().map(|account| account.opened + account.closed).sum::<usize>();
    }
    // Enough has happened, and some of it was said again because nobody knew that it had arrived.
    assert!(
        changes > 500 && deliveries > 2 * changes,
        "{changes} changes, {deliveries} deliveries"
    );
    eprintln!(
        "{changes} changes, {deliveries} deliveries, {asking} killed asking, {delivering} delivering"
    );
}
