//! A place where a file is in its place once it is written, as at most servers that speak HTTP.

use serde_json::json;

use crate::memory_place::{Fault, Kind};
use crate::town::{Town, bytes, request};

fn town() -> Town {
    let to = Kind { size: None, shows_early: true, ..Kind::default() };
    let town = Town::of(Kind::default(), to);
    town.from.put("x", bytes(25));
    town
}

#[test]
fn a_file_that_was_just_written_is_not_taken_away_as_one_that_was_there() {
    let town = town();
    let receipt = town.relay("x", "y", r#""conflict":"skip-if-identical""#);
    assert_eq!(receipt["status"], "succeeded", "{receipt}");
    assert_eq!(town.to.content("y").unwrap(), bytes(25));
}

#[test]
fn a_file_whose_answer_was_lost_has_arrived_where_nothing_may_be_replaced() {
    for conflict in ["fail", "rename"] {
        let town = town();
        town.to.fail_next("write", Fault::Lost);
        let receipt = town.relay("x", "y", &format!(r#""conflict":"{conflict}""#));
        assert_eq!(receipt["status"], "succeeded", "{receipt} {:?}", town.to.log());
        assert_eq!(receipt["attempts"], json!(2));
        assert_eq!(town.to.files(), ["y"]);
        assert_eq!(town.to.content("y").unwrap(), bytes(25));
    }
}

#[test]
fn a_name_that_somebody_takes_meanwhile_is_theirs() {
    for (conflict, code, files) in [
        ("fail", Some("DestinationExists"), vec!["y.txt"]),
        ("rename", None, vec!["y (1).txt", "y.txt"]),
    ] {
        let town = town();
        town.to.fail_next("write", Fault::Changes);
        let receipt = town.relay("x", "y.txt", &format!(r#""conflict":"{conflict}""#));
        assert_eq!(receipt["error"]["code"].as_str(), code, "{receipt}");
        assert_eq!(town.to.files(), files);
        assert_eq!(town.to.content("y.txt").unwrap(), "somebody else's");
    }
}

#[test]
fn a_short_file_that_a_request_brought_gets_the_next_name_as_well() {
    for (length, expected) in [(25, 201), (512 * 1024 + 1, 409)] {
        let town = town();
        town.to.fail_next("write", Fault::Changes);
        let content = bytes(length);
        let mut push = request("PUT", "/to/b/y.txt?conflict=rename", &content);
        push.headers_mut().insert("content-length", length.into());
        let pushed = town.send(&town.function(), push);
        assert_eq!(pushed.status, expected, "{pushed:?}");
        assert_eq!(town.to.content("y.txt").unwrap(), "somebody else's");
        let other = town.to.content("y (1).txt");
        assert_eq!(other.as_deref(), (expected == 201).then_some(content.as_slice()));
        assert_eq!(town.to.uploads(), 0);
    }
    // Whoever takes that one as well.
    let town = self::town();
    town.to.fail_next("write", Fault::Changes);
    town.to.fail_next("write", Fault::Changes);
    let pushed = town.send(&town.function(), request("PUT", "/to/b/y.txt?conflict=rename", b"a"));
    assert_eq!((pushed.status.as_u16(), &pushed.json()["attempts"]), (201, &json!(3)));
    assert_eq!(town.to.files(), ["y (1).txt", "y (2).txt", "y.txt"]);
    assert_eq!(town.to.content("y (1).txt").unwrap(), "somebody else's");
    assert_eq!(town.to.content("y (2).txt").unwrap(), "a");
    assert_eq!(pushed.json()["destination"]["path"], "y (2).txt");
    // Whatever else fails is told to whoever sent the file.
    let town = self::town();
    town.to.fail_next("write", Fault::Refused);
    let pushed = town.send(&town.function(), request("PUT", "/to/b/y?conflict=rename", b"a"));
    assert_eq!((pushed.status.as_u16(), town.to.count("write")), (502, 1), "{pushed:?}");
}
