//! A place that has to know how long a file is before its first byte gets files that do not say it.

use headgate_core::Body;
use http::Request;
use http_body_util::StreamBody;

use crate::memory_place::Kind;
use crate::town::{Answered, Town, bytes};

/// The longest file that is read ahead.
const AHEAD: usize = 2 * 1024 * 1024;

fn town() -> Town {
    Town::of(Kind::default(), Kind { size: None, ..Kind::default() })
}

/// Sends a body that does not say how long it is.
fn push(town: &Town, query: &str, content: Vec<u8>) -> Answered {
    let frames = [Ok::<_, std::convert::Infallible>(http_body::Frame::data(content.into()))];
    let body = Body::stream(StreamBody::new(futures_util::stream::iter(frames)));
    let put = Request::put(format!("/to/b/y?{query}")).body(body).unwrap();
    town.send(&town.function(), put)
}

#[test]
fn a_small_file_is_read_ahead_and_a_longer_one_needs_its_length() {
    for length in [0, 1, AHEAD] {
        let town = town();
        let answered = push(&town, "", bytes(length));
        assert_eq!(answered.status, 201, "{answered:?}");
        assert_eq!(town.to.content("y").unwrap(), bytes(length));
    }
    let town = town();
    let answered = push(&town, "", bytes(AHEAD + 1));
    assert_eq!(answered.status, 400, "{answered:?}");
    assert!(answered.json()["detail"].as_str().unwrap().contains("how long the file is"));
    assert!(town.to.files().is_empty() && town.keys("").is_empty());
    let answered = push(&town, &format!("length={}", AHEAD + 1), bytes(AHEAD + 1));
    assert_eq!(answered.status, 201, "{answered:?}");
    assert_eq!(town.to.content("y").unwrap(), bytes(AHEAD + 1));
}

#[test]
fn a_length_that_is_not_the_files_is_refused_and_nothing_stays() {
    for (said, status) in [("9", 502), ("11", 400), ("x", 400), ("-1", 400)] {
        let town = town();
        let answered = push(&town, &format!("length={said}"), bytes(10));
        assert_eq!(answered.status, status, "{said}: {answered:?}");
        assert!(town.to.files().is_empty(), "{said}");
        assert_eq!(town.to.uploads(), 0, "{said}");
    }
    // A name that somebody may take is no reason to judge it otherwise.
    for conflict in ["fail", "replace", "rename"] {
        let town = self::town();
        let answered = push(&town, &format!("length=9&conflict={conflict}"), bytes(10));
        assert_eq!((answered.status.as_u16(), town.to.files().len()), (502, 0), "{conflict}");
        let receipts = town.get("/relays").json();
        assert_eq!(receipts["relays"][0]["error"]["code"], "ContentCorrupt", "{conflict}");
        assert_eq!(town.sink.events().len(), 1, "{conflict}");
    }
    let town = town();
    let put = Request::put("/to/b/y?length=9").body(Body::from(bytes(10))).unwrap();
    assert_eq!(town.send(&town.function(), put).status, 422);
}
