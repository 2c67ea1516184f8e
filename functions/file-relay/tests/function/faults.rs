//! Whatever fails, a file arrives as it left, or it does not arrive and nothing of it is there.

use std::time::Duration;

use headgate_fakes::Tasks;
use headgate_file_relay::digest::{Algorithm, Hasher};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::memory_place::{Fault, Kind};
use crate::town::{Town, bytes, order};

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::Refused),
        Just(Fault::Lost),
        (0_usize..40).prop_map(Fault::BreaksAt),
        (0_usize..40).prop_map(Fault::EndsAt),
        Just(Fault::Throttled),
        Just(Fault::Forgets),
        Just(Fault::Lies),
        Just(Fault::Changes),
        Just(Fault::AnswersEarly),
        Just(Fault::RunsOn),
    ]
}

fn kind() -> impl Strategy<Value = Kind> {
    let algorithms = prop_oneof![
        Just(&[][..]),
        Just(&[Algorithm::Md5][..]),
        Just(&[Algorithm::Crc64Nvme, Algorithm::QuickXor][..]),
    ];
    let size = prop_oneof![Just(None), Just(Some(10)), Just(Some(7)), Just(Some(100))];
    (size, any::<[bool; 7]>(), algorithms).prop_map(
        |(
            size,
            [needs_length, has_ranges, has_validators, has_lengths, holds, judges, remembers],
            algorithms,
        )| Kind {
            needs_length: needs_length && size.is_some(),
            size,
            has_ranges,
            has_validators,
            has_lengths,
            algorithms,
            holds,
            judges,
            remembers,
            ..Kind::default()
        },
    )
}

fn faults() -> impl Strategy<Value = Vec<(usize, Fault)>> {
    prop::collection::vec((0_usize..25, fault()), 0..5)
}

fn conflict() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("fail"), Just("replace"), Just("rename"), Just("skip-if-identical")]
}

/// A file is whole, or it is not there.
fn judge(town: &Town, receipt: &Value, before: &[u8]) {
    let status = receipt["status"].as_str().unwrap();
    assert_eq!(town.to.uploads(), 0, "an upload stays: {receipt} {:?}", town.to.log());
    let after = town.from.content("x").unwrap();
    match status {
        "succeeded" => {
            let path = receipt["destination"]["path"].as_str().unwrap();
            let arrived = town.to.content(path).unwrap();
            assert!(arrived == before || arrived == after, "it is neither the one nor the other");
            assert_eq!(receipt["bytes"], json!(arrived.len()));
        }
        "failed" => {
            assert!(town.to.files().is_empty(), "{receipt} {:?}", town.to.log());
            assert!(!receipt["error"]["message"].as_str().unwrap().is_empty());
        }
        other => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn a_relay_ends_identical_or_failed_with_nothing_left(
        from in kind(),
        to in kind(),
        length in 0_usize..60,
        source_faults in faults(),
        destination_faults in faults(),
        conflict in conflict(),
        is_beside in any::<bool>(),
    ) {
        let mut town = Town::of(from, to);
        if is_beside {
            town.tasks = Tasks::beside_the_answer();
        }
        let before = bytes(length);
        town.from.put("x", before.clone());
        // Nothing tells a content that ends early from one that is shorter, where nobody knows the length.
        let has_lengths = town.from.kind.has_lengths;
        let can = |(_, fault): &(usize, Fault)| {
            has_lengths || !matches!(fault, Fault::EndsAt(_) | Fault::RunsOn)
        };
        town.from.fail_at(source_faults.into_iter().filter(can));
        town.to.fail_at(destination_faults);
        let body = order("x", "y", &format!(r#""conflict":"{conflict}""#));
        let id = town.post("/relays", &body).json()["id"].as_str().unwrap().to_owned();
        let receipt = town.tick_until_over(&id);
        judge(&town, &receipt, &before);
    }
}

#[test]
fn a_source_that_breaks_is_gone_on_with_from_the_last_part() {
    let town = Town::new();
    town.from.put("x", bytes(95));
    town.from.fail_next("open", Fault::BreaksAt(35));
    town.from.fail_next("open", Fault::BreaksAt(35));
    let receipt = town.relay("x", "y", "");
    assert_eq!((&receipt["status"], &receipt["attempts"]), (&json!("succeeded"), &json!(3)));
    assert_eq!(town.from.log(), ["open 0", "open 30", "open 60"]);
    assert_eq!(town.to.count("begin"), 1);
    assert_eq!(town.to.content("y").unwrap(), bytes(95));
}

#[test]
fn a_source_without_validators_is_read_from_its_beginning() {
    let town = Town::of(Kind { has_validators: false, ..Kind::default() }, Kind::default());
    town.from.put("x", bytes(95));
    town.from.fail_next("open", Fault::BreaksAt(35));
    assert_eq!(town.relay("x", "y", "")["status"], "succeeded");
    assert_eq!(town.from.log(), ["open 0", "open 0"]);
    assert_eq!((town.to.count("begin"), town.to.count("abort")), (2, 1));
}

#[test]
fn a_source_that_is_longer_than_it_says_does_not_arrive() {
    let town = Town::new();
    town.from.put("x", bytes(35));
    town.from.fail_next("open", Fault::RunsOn);
    let receipt = town.relay("x", "y", "");
    assert_eq!(receipt["error"]["code"], "ContentCorrupt", "{receipt}");
    assert_eq!((town.to.uploads(), town.to.files().len()), (0, 0));
}

#[test]
fn a_file_that_is_in_its_place_already_is_known_by_its_content() {
    for algorithms in [&[][..], &[Algorithm::Md5][..]] {
        let to = Kind { remembers: false, algorithms, ..Kind::default() };
        let town = Town::of(Kind::default(), to);
        town.from.put("x", bytes(35));
        town.to.fail_next("commit", Fault::Lost);
        let receipt = town.relay("x", "y", "");
        assert_eq!((&receipt["status"], &receipt["attempts"]), (&json!("succeeded"), &json!(2)));
        assert_eq!(town.to.content("y").unwrap(), bytes(35));
    }
}

#[test]
fn a_source_that_became_another_file_is_never_mixed_with_what_it_was() {
    for judges in [true, false] {
        a_source_that_became_another_file(judges);
    }
}

fn a_source_that_became_another_file(judges: bool) {
    let town = Town::of(Kind { judges, ..Kind::default() }, Kind::default());
    town.from.put("x", bytes(95));
    town.from.fail_next("open", Fault::BreaksAt(35));
    town.from.fail_next("open", Fault::Changes);
    let receipt = town.relay("x", "y", "");
    assert_eq!(receipt["status"], "succeeded", "{receipt}");
    assert_eq!(town.to.content("y").unwrap(), town.from.content("x").unwrap());
    assert_ne!(town.to.content("y").unwrap(), bytes(95));
}

#[test]
fn a_part_whose_answer_is_lost_is_not_sent_twice_where_the_place_says_that_it_has_it() {
    let town = Town::new();
    town.from.put("x", bytes(35));
    town.to.fail_next("write", Fault::Lost);
    assert_eq!(town.relay("x", "y", "")["status"], "succeeded");
    let writes: Vec<_> =
        town.to.log().into_iter().filter(|call| call.starts_with("write")).collect();
    assert_eq!(writes, ["write 0", "write 1", "write 2", "write 3"]);
}

#[test]
fn what_is_not_what_was_sent_is_taken_away_and_said() {
    for (call, message) in [
        ("write", "the md5 of a part is not what the destination says"),
        ("commit", "the length of the file is not what was sent"),
    ] {
        let kind = Kind { algorithms: &[Algorithm::Md5], ..Kind::default() };
        let town = Town::of(Kind::default(), kind);
        town.from.put("x", bytes(35));
        town.to.fail_next(call, Fault::Lies);
        let receipt = town.relay("x", "y", "");
        assert_eq!(receipt["error"]["code"], "ContentCorrupt");
        assert_eq!(receipt["error"]["message"], message);
        assert_eq!((town.to.uploads(), town.to.files().len()), (0, 0));
        assert_eq!(town.sink.events()[0]["type"], "dev.headgate.file-relay.relay.failed");
    }
}

#[test]
fn a_place_that_stays_down_fails_the_relay_after_a_while_and_says_which_it_was() {
    let town = Town::new();
    town.from.put("x", bytes(35));
    town.from.fail_at((0..100).map(|call| (call, Fault::Refused)));
    let id = town.relay("x", "y", "")["id"].as_str().unwrap().to_owned();
    let receipt = town.tick_until_over(&id);
    assert_eq!(receipt["error"]["code"], "SourceUnavailable", "{receipt}");
    assert_eq!(receipt["attempts"], 9);
}

#[test]
fn a_relay_that_has_no_more_time_is_gone_on_with_by_the_next_tick() {
    let town = Town::new().with("time_limit_seconds", "5");
    town.from.put("x", bytes(95));
    // Three pauses of 0.5, 1, and 2 seconds, and there is no time left for one of 4.
    for _ in 0..6 {
        town.to.fail_next("write", Fault::Refused);
    }
    let receipt = town.relay("x", "y", "");
    assert_eq!(receipt["status"], "running", "{receipt}");
    let id = receipt["id"].as_str().unwrap();
    town.clock.advance(Duration::from_secs(60));
    let receipt = town.tick_until_over(id);
    assert_eq!(receipt["status"], "succeeded", "{receipt} {:?}", town.to.log());
    assert_eq!(town.to.content("y").unwrap(), bytes(95));
}

#[test]
fn what_a_place_may_change_has_arrived_and_the_receipt_shows_both() {
    for (fault, rewritten) in [
        (Some(Fault::Lies), json!({ "bytes": 36, "digests": { "md5": md5(&bytes(35)) } })),
        (None, Value::Null),
    ] {
        let kind = Kind { algorithms: &[Algorithm::Md5], may_rewrite: true, ..Kind::default() };
        let town = Town::of(Kind::default(), kind);
        town.from.put("x", bytes(35));
        if let Some(fault) = fault {
            town.to.fail_next("commit", fault);
        }
        let receipt = town.relay("x", "y", "");
        assert_eq!(receipt["status"], "succeeded", "{receipt}");
        assert_eq!(receipt["bytes"], 35);
        assert_eq!(receipt["digests"]["md5"], md5(&bytes(35)));
        assert_eq!(receipt["destination"]["rewritten"], rewritten);
        assert_eq!(town.sink.events()[0]["data"]["destination"]["rewritten"], rewritten);
        assert_eq!((town.to.files().len(), town.to.count("delete")), (1, 0));
    }
    // What is wrong with a part is no change of the whole, and nothing is put into a file that becomes shorter.
    for (call, fault) in [("write", Fault::Lies), ("commit", Fault::Shortens)] {
        let kind = Kind { algorithms: &[Algorithm::Md5], may_rewrite: true, ..Kind::default() };
        let town = Town::of(Kind::default(), kind);
        town.from.put("x", bytes(35));
        town.to.fail_next(call, fault);
        let receipt = town.relay("x", "y", "");
        assert_eq!(receipt["error"]["code"], "ContentCorrupt", "{receipt}");
        assert_eq!(
            (&receipt["destination"]["rewritten"], town.to.files().len()),
            (&Value::Null, 0)
        );
    }
}

fn md5(content: &[u8]) -> String {
    let mut hasher = Hasher::new(&[Algorithm::Md5]);
    hasher.update(content);
    let digests = hasher.finish();
    digests.iter().find(|digest| digest.algorithm == Algorithm::Md5).unwrap().hex()
}

#[test]
fn what_a_place_cannot_take_away_is_not_tried_again() {
    for (fault, times, is_told) in [(Fault::Unable, 1, true), (Fault::Refused, 2, false)] {
        let town = Town::of(Kind::default(), Kind::default());
        town.from.put("x", bytes(35));
        town.to.fail_next("commit", Fault::Lies);
        town.to.fail_next("delete", fault);
        town.to.fail_next("abort", fault);
        let receipt = town.relay("x", "y", "");
        let message = receipt["error"]["message"].as_str().unwrap();
        assert_eq!(message.ends_with("could not be taken away"), is_told, "{message}");
        assert_eq!((town.to.count("delete"), town.to.count("abort")), (times, times), "{fault:?}");
    }
}
