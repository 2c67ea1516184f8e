use std::time::Duration;

use bytes::Bytes;
use headgate_tests::dice::Dice;
use headgate_tests::host::RUNTIME;
use headgate_tests::relay::{Carrier, Kind, Line, RelayPeers, random_bytes, start_native};
use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use crate::outcome::{Outcome, judge};
use crate::{MIB, seed};

/// Each is killed twice.
const VICTIMS: u64 = 25;

/// How long a relay of a process that is gone is left alone.
const LEASE: Duration = Duration::from_secs(30);

/// About as long as a file takes on the slow line, in milliseconds.
const MOMENTS: u64 = 3_500;

/// What [`RelayPeers::names`] says of an upload that has no end.
const BEGUN: &str = "an upload ";

const LENGTH: usize = 12 * MIB;

/// How long the last life may take.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn a_process_that_is_killed_at_fifty_random_moments_loses_no_file_and_halves_none() {
    let seed = seed();
    let peers = RelayPeers::start();
    let line = Line::slow(peers.server(Kind::Http), Duration::from_millis(3));
    let slow = format!(
        "[slow]\nkind = \"http\"\nurl = \"http://{}\"\nprivate-network = true\n",
        line.address()
    );
    let variables = peers.variables(&Kind::ALL, &slow);
    let lives: Vec<Life> = std::thread::scope(|scope| {
        let victims = (0..VICTIMS).map(|number| {
            let (peers, variables) = (&peers, &variables);
            let victim = Victim { number, peers, variables };
            scope.spawn(move || victim.live(Dice::new(seed * 1_000 + number)))
        });
        let victims: Vec<_> = victims.collect();
        victims.into_iter().map(|victim| victim.join().unwrap()).collect()
    });
    let under_way: usize = lives.iter().map(|life| life.under_way).sum();
    let arrived = lives.iter().filter(|life| life.outcome == Outcome::Arrived).count();
    eprintln!(
        "{arrived} of {VICTIMS} files arrived; {under_way} of 50 kills came while one was under way"
    );
    assert!(under_way >= 25, "{under_way} of the kills came while a file was under way");
    assert_eq!(arrived, VICTIMS as usize);
    for kind in Kind::ALL {
        let mut expected: Vec<String> = (0..VICTIMS)
            .filter(|number| destination(*number) == kind)
            .map(|number| format!("carried-{number}"))
            .collect();
        if kind == Kind::Http {
            expected.extend((0..VICTIMS).map(|number| format!("file-{number}")));
        }
        expected.sort_unstable();
        let (begun, there): (Vec<_>, Vec<_>) =
            peers.names(kind).into_iter().partition(|name| name.starts_with(BEGUN));
        assert_eq!(there, expected, "what {kind:?} holds");
        // Of an upload that a place began before anybody could write down how it calls it, nobody sees anything, and the place
        // forgets it in time.
        let killed = (0..VICTIMS).filter(|number| destination(*number) == kind).count() * 2;
        eprintln!("{kind:?}: {} uploads are begun and not known", begun.len());
        assert!(begun.len() <= killed, "{begun:?}");
    }
}

fn destination(number: u64) -> Kind {
    Kind::ALL[number as usize % Kind::ALL.len()]
}

struct Victim<'t> {
    number: u64,
    peers: &'t RelayPeers,
    variables: &'t std::collections::BTreeMap<String, String>,
}

/// What became of it.
struct Life {
    outcome: Outcome,
    /// How many of the kills came before the file had arrived.
    under_way: usize,
}

impl Victim<'_> {
    fn live(&self, mut dice: Dice) -> Life {
        let state = tempfile::tempdir().unwrap();
        let content: Bytes = random_bytes(dice.below(u64::MAX), LENGTH);
        let (name, target) = (format!("file-{}", self.number), format!("carried-{}", self.number));
        self.peers.put(Kind::Http, &name, &content);
        let kind = destination(self.number);
        let start = || start_native(self.variables, Some(state.path())).unwrap();

        let (process, carrier) = start();
        let begun = Instant::now();
        let asked = carrier.carry(("slow", &name), (kind.name(), &target), "fail", 0).unwrap();
        let id = asked["id"].as_str().unwrap().to_owned();
        let mut moment = || Duration::from_millis(dice.below(MOMENTS));
        let mut under_way = until(&carrier, &id, begun + moment()).1;
        drop(process);

        // Nobody takes the relay up before its lease is over.
        let (process, carrier) = start();
        under_way += until(&carrier, &id, begun + LEASE + Duration::from_secs(1) + moment()).1;
        drop(process);

        let (_process, carrier) = start();
        let (receipt, _) = until(&carrier, &id, Instant::now() + PATIENCE);
        Life { outcome: judge(&receipt, self.peers, kind, &target, &content), under_way }
    }
}

/// Ticks until the relay is over, or until this moment; gives the receipt, and 1 when it is not over.
fn until(carrier: &Carrier, id: &str, moment: Instant) -> (Value, usize) {
    loop {
        carrier.tick();
        let receipt = carrier.receipt(id).unwrap();
        let is_over = !["queued", "running"].contains(&receipt["status"].as_str().unwrap());
        let next = Instant::now() + Duration::from_millis(500);
        RUNTIME.block_on(async { sleep_until(next.min(moment)).await });
        if is_over || Instant::now() >= moment {
            return (receipt, usize::from(!is_over));
        }
    }
}
