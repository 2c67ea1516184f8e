use std::time::Duration;

use bytes::Bytes;
use headgate_tests::host::Process;
use headgate_tests::relay::{Carrier, Kind, RelayPeers, random_bytes, start_native};
use serde_json::Value;

use crate::odd_server::{Odd, OddServer};
use crate::outcome::{Outcome, between_glances, judge};
use crate::{MIB, seed};

/// A server that does odd things, and places of every kind.
struct Town {
    carrier: Carrier,
    odd: OddServer,
    peers: RelayPeers,
    seed: u64,
    _process: Process,
}

impl Town {
    fn new() -> Self {
        let (seed, peers, odd) = (seed(), RelayPeers::start(), OddServer::start());
        let variables = peers.variables(&Kind::ALL, &odd.table());
        let (process, carrier) = start_native(&variables, None).unwrap();
        Self { carrier, odd, peers, seed, _process: process }
    }

    fn content(&self, number: u64, length: usize) -> Bytes {
        random_bytes(self.seed * 1_000 + number, length)
    }

    fn to_odd(&self, name: &str) -> Value {
        self.carrier.carry(("folder", name), ("odd", name), "replace", 300).unwrap()
    }

    /// Carries a file that does odd things to a place of every kind at once: it arrives as what it is in the end.
    fn carry_to_each(&self, name: &str, contents: &[&Bytes], odd: &[Odd]) {
        std::thread::scope(|scope| {
            for kind in Kind::ALL {
                scope.spawn(move || {
                    let (name, to) = (format!("{name}-{}", kind.name()), kind.name());
                    self.odd.file(&name, contents, odd);
                    let receipt = self.carrier.carry(("odd", &name), (to, &name), "fail", 300);
                    let receipt = receipt.unwrap();
                    let last = contents.last().unwrap();
                    let outcome = judge(&receipt, &self.peers, kind, &name, last);
                    assert_eq!(outcome, Outcome::Arrived, "{name}: {receipt}");
                    assert!(self.odd.asked(&name).len() >= odd.len(), "{name}: {receipt}");
                });
            }
        });
    }
}

fn is_failed(receipt: &Value, code: &str) {
    assert_eq!(receipt["status"], "failed", "{receipt}");
    assert_eq!(receipt["error"]["code"], code, "{receipt}");
}

#[test]
fn a_source_that_says_what_is_not_so_is_not_believed() {
    let town = Town::new();
    let content = town.content(1, 11 * MIB);
    std::thread::scope(|scope| {
        let does = |name: &'static str, odd: Vec<Odd>| {
            let (town, content) = (&town, &content);
            scope.spawn(move || town.carry_to_each(name, &[content], &odd));
        };
        // Fewer bytes than it says, before and after the end of a part.
        does("short", vec![Odd::EndsAfter(9 * MIB), Odd::EndsAfter(MIB), Odd::EndsAfter(0)]);
        does("no-range", vec![Odd::EndsAfter(9 * MIB), Odd::NoRange]);
        does(
            "paused",
            vec![Odd::Status(429, Some(1)), Odd::EndsAfter(9 * MIB), Odd::Status(503, Some(1))],
        );
    });
    for kind in Kind::ALL {
        assert_eq!(town.peers.names(kind).len(), 3, "{:?}", town.peers.names(kind));
        // A pause is as long as it was asked for.
        let asked = town.odd.asked(&format!("paused-{}", kind.name()));
        assert!(asked[1] - asked[0] >= Duration::from_secs(1), "{kind:?}");
    }
}

/// Beyond every place's first part, by more than the server's connection takes with it when it is dropped unsent: 400 KiB.
const PART_AND_MORE: usize = 10 * MIB + 768 * 1024;

#[test]
fn another_range_than_the_one_that_was_asked_for_is_not_taken_for_it() {
    let town = Town::new();
    let content = town.content(8, 11 * MIB);
    // Those that have a part by then, and ask for the rest.
    for kind in [Kind::AzureBlob, Kind::S3, Kind::Graph] {
        town.odd.file("other", &[&content], &[Odd::EndsAfter(PART_AND_MORE), Odd::OtherRange]);
        let receipt = town.carrier.carry(("odd", "other"), (kind.name(), "other"), "fail", 300);
        is_failed(&receipt.unwrap(), "SourceRefused");
        assert_eq!(town.peers.names(kind), [""; 0], "what {kind:?} holds");
    }
}

#[test]
fn a_source_that_changes_between_its_parts_arrives_as_one_of_them() {
    let town = Town::new();
    let first = town.content(2, 11 * MIB);
    let second = town.content(3, 11 * MIB);
    let third = town.content(4, 10 * MIB);
    let odd = [Odd::ChangesAfter(9 * MIB), Odd::ChangesAfter(10 * MIB - 1)];
    town.carry_to_each("changes", &[&first, &second, &third], &odd);
    for kind in Kind::ALL {
        assert_eq!(town.peers.names(kind), [format!("changes-{}", kind.name())]);
    }
}

#[test]
fn a_source_that_never_has_what_it_says_leaves_nothing_when_the_relay_is_stopped() {
    let town = Town::new();
    let content = town.content(5, 11 * MIB);
    std::thread::scope(|scope| {
        for kind in Kind::ALL {
            let (town, content) = (&town, &content);
            scope.spawn(move || {
                let name = format!("never-{}", kind.name());
                let mut odd = vec![Odd::EndsAfter(9 * MIB)];
                odd.extend([Odd::EndsAfter(0); 20]);
                town.odd.file(&name, &[content], &odd);
                let (source, target) = (("odd", name.as_str()), (kind.name(), name.as_str()));
                let asked = town.carrier.carry(source, target, "fail", 0).unwrap();
                let id = asked["id"].as_str().unwrap();
                while town.odd.asked(&name).len() < 3 {
                    between_glances();
                }
                let path = format!("/relays/{id}:cancel");
                town.carrier.ask(http::Method::POST, &path, &[], Bytes::new()).unwrap();
                let receipt = loop {
                    let receipt = town.carrier.receipt(id).unwrap();
                    if receipt["status"] != "running" {
                        break receipt;
                    }
                    between_glances();
                };
                assert_eq!(receipt["status"], "cancelled", "{receipt}");
                assert_eq!(town.peers.get(kind, &name), None);
            });
        }
    });
    for kind in Kind::ALL {
        assert_eq!(town.peers.names(kind), [""; 0], "what {kind:?} holds");
    }
}

#[test]
fn a_destination_that_says_what_is_not_so_is_not_believed() {
    let town = Town::new();
    let content = town.content(6, 3 * MIB);
    let file = |name: &str, odd: &[Odd]| {
        town.peers.put(Kind::Folder, name, &content);
        town.odd.file(name, &[], odd);
    };
    file("less", &[Odd::KeepsLess(1)]);
    is_failed(&town.to_odd("less"), "ContentCorrupt");
    assert_eq!(town.odd.taken("less"), None, "what is not the file is taken away");
    for (name, odd) in [
        ("early", vec![Odd::AnswersEarly, Odd::AnswersEarly]),
        ("forgets", vec![Odd::ForgetsAll]),
        ("paused", vec![Odd::Status(429, Some(1)), Odd::Status(503, Some(1))]),
        ("fails", vec![Odd::Status(500, None), Odd::Status(502, None)]),
    ] {
        file(name, &odd);
        let receipt = town.to_odd(name);
        assert_eq!(receipt["status"], "succeeded", "{name}: {receipt}");
        assert!(town.odd.taken(name).unwrap() == content, "{name}");
        let asked = town.odd.asked(name);
        assert_eq!(asked.len(), odd.len() + 1, "{name}");
        if name == "paused" {
            assert!(asked.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_secs(1)));
        }
    }
}

#[test]
fn a_destination_that_is_full_or_refuses_fails_the_relay_at_once() {
    let town = Town::new();
    let content = town.content(7, 3 * MIB);
    for (name, status, code) in [
        ("full", 507, "DestinationFull"),
        ("denied", 403, "DestinationDenied"),
        ("large", 413, "DestinationRefused"),
    ] {
        town.peers.put(Kind::Folder, name, &content);
        town.odd.file(name, &[], &[Odd::Status(status, None)]);
        is_failed(&town.to_odd(name), code);
        assert_eq!((town.odd.taken(name), town.odd.asked(name).len()), (None, 1), "{name}");
    }
}
