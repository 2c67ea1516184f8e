//! A place where a file is in its place once it is written, as at most servers that speak HTTP.

use serde_json::json;

use crate::memory_place::{Fault, Kind};
use crate::town::{Town, bytes};

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
