use headgate_tests::dice::Dice;
use headgate_tests::relay::{Kind, RelayPeers, Trouble, Way, random_bytes, start_native};

use crate::outcome::{Outcome, judge};
use crate::{MIB, seed};

#[test]
fn a_connection_that_falls_silent_is_given_up_and_the_file_arrives() {
    let mut dice = Dice::new(seed());
    let peers = RelayPeers::start();
    let variables = peers.variables(&Kind::ALL, "");
    let (_process, carrier) = start_native(&variables, None).unwrap();
    let mut work = Vec::new();
    for kind in Kind::REMOTE {
        for (from, to, way) in [(kind, Kind::Folder, Way::Down), (Kind::Folder, kind, Way::Up)] {
            let content = random_bytes(dice.below(u64::MAX), 12 * MIB);
            let name = format!("{}-{way:?}", kind.name()).to_lowercase();
            peers.put(from, &name, &content);
            peers.line(kind).after(dice.below(content.len() as u64), way, Trouble::Silence);
            work.push((from, to, name, content));
        }
    }
    std::thread::scope(|scope| {
        for (from, to, name, content) in &work {
            let (carrier, peers) = (&carrier, &peers);
            scope.spawn(move || {
                let target = format!("{name}-carried");
                let (from, to) = (*from, *to);
                let receipt =
                    carrier.carry((from.name(), name), (to.name(), &target), "fail", 300).unwrap();
                let outcome = judge(&receipt, peers, to, &target, content);
                assert_eq!(outcome, Outcome::Arrived, "{name}: {receipt}");
            });
        }
    });
    for kind in Kind::REMOTE {
        assert_eq!(peers.line(kind).troubled(), 2, "{kind:?}");
        let (up, down) = (format!("{}-up-carried", kind.name()), format!("{}-down", kind.name()));
        assert_eq!(peers.names(kind), [down, up], "what {kind:?} holds");
    }
}
