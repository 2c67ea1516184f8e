use bytes::Bytes;
use headgate_tests::dice::Dice;
use headgate_tests::relay::{Carrier, Kind, RelayPeers, Trouble, Way, random_bytes, start_native};

use crate::outcome::{Outcome, judge};
use crate::{MIB, seed};

/// How often the line of each of the six servers is cut.
const CUTS: u64 = 17;

#[test]
fn a_connection_that_breaks_at_a_hundred_random_bytes_costs_no_file_and_halves_none() {
    let seed = seed();
    let peers = RelayPeers::start();
    let variables = peers.variables(&Kind::ALL, "");
    let (_process, carrier) = start_native(&variables, None).unwrap();
    let arrived: usize = std::thread::scope(|scope| {
        let lanes = Kind::REMOTE.map(|kind| {
            let (peers, carrier) = (&peers, &carrier);
            scope.spawn(move || lane(kind, Dice::new(seed + kind as u64), peers, carrier))
        });
        lanes.into_iter().map(|lane| lane.join().unwrap()).sum()
    });
    for kind in Kind::REMOTE {
        assert_eq!(peers.line(kind).troubled(), CUTS as usize, "{kind:?}");
    }
    let all = Kind::REMOTE.len() * CUTS as usize;
    eprintln!("{arrived} of {all} files arrived");
    // An answer that is lost may cost one, never its content.
    assert!(all >= 100 && arrived * 100 >= all * 95, "{arrived} of {all} files arrived");
}

/// Carries one file after the other to the server or from it, and cuts each once; gives how many arrived.
fn lane(kind: Kind, mut dice: Dice, peers: &RelayPeers, carrier: &Carrier) -> usize {
    let line = peers.line(kind);
    let (mut there, mut arrived) = (Vec::new(), 0);
    for number in 0..CUTS {
        // Every third has several parts, where the place has parts.
        let most = if number % 3 == 0 { 18 } else { 3 };
        let length = 1 + dice.place(most * MIB);
        let content: Bytes = random_bytes(dice.below(u64::MAX), length);
        let at = dice.below(content.len() as u64);
        let (from, to, way) = match dice.one_in(2) {
            true => (kind, Kind::Folder, Way::Down),
            false => (Kind::Folder, kind, Way::Up),
        };
        let (name, target) = (format!("{kind:?}-{number}"), format!("{kind:?}-{number}-carried"));
        let (name, target) = (name.to_lowercase(), target.to_lowercase());
        peers.put(from, &name, &content);
        line.after(at, way, Trouble::Cut);
        let places = ((from.name(), name.as_str()), (to.name(), target.as_str()));
        let receipt = carrier.carry(places.0, places.1, "fail", 300).unwrap();
        line.be_well();
        let outcome = judge(&receipt, peers, to, &target, &content);
        assert!(receipt["attempts"].as_u64().is_some_and(|attempts| attempts > 0), "{receipt}");
        arrived += usize::from(outcome == Outcome::Arrived);
        if from == kind {
            there.push(name);
        }
        if to == kind && peers.get(kind, &target).is_some() {
            there.push(target);
        }
    }
    there.sort_unstable();
    assert_eq!(peers.names(kind), there, "what {kind:?} holds");
    arrived
}
