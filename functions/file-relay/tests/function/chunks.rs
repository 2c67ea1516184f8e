//! A file that comes in chunks survives whoever takes them.

use std::task::{Context, Waker};
use std::time::Duration;

use headgate_core::{Body, Clock, Handler, Timer};
use headgate_entra::FixedEnvironment;
use headgate_fakes::Crash;
use headgate_file_relay::digest::Hasher;
use http::header::{CONTENT_RANGE, CONTENT_TYPE, RETRY_AFTER};
use http::{Request, StatusCode};

use crate::memory_place::{Fault, Kind};
use crate::town::{Answered, START, Town, bytes, request, slowly};

fn begin(town: &Town) -> String {
    begin_with(town, "")
}

fn begin_with(town: &Town, query: &str) -> String {
    let mut begin = request("POST", &format!("/to/b/y{query}"), b"");
    begin.headers_mut().insert("x-ms-transfer-mode", "chunked".parse().unwrap());
    begin.headers_mut().insert("x-ms-content-length", "25".parse().unwrap());
    let begun = town.send(&town.function(), begin);
    assert_eq!(begun.status, 200, "{begun:?}");
    begun.headers["location"].to_str().unwrap().replace("../../", "/")
}

fn patch(to: &str, range: &str, content: Body) -> Request<Body> {
    Request::patch(to).header(CONTENT_RANGE, range).body(content).unwrap()
}

fn send(town: &Town, to: &str, range: &str, content: &[u8]) -> Answered {
    town.send(&town.function(), patch(to, range, Body::from(content.to_vec())))
}

/// A place that keeps the media type of an upload in another way.
fn typing(types_at_begin: bool) -> Town {
    Town::of(Kind::default(), Kind { types_at_begin, ..Kind::default() })
}

/// The first of three chunks, with a media type.
fn first(to: &str) -> Request<Body> {
    let mut first = patch(to, "bytes=0-9/25", Body::from(bytes(10)));
    first.headers_mut().insert(CONTENT_TYPE, "text/csv".parse().unwrap());
    first
}

#[test]
fn wherever_a_process_dies_that_takes_a_chunk_the_chunk_may_come_again() {
    for types_at_begin in [false, true] {
        wherever_a_process_dies(types_at_begin);
    }
}

fn wherever_a_process_dies(types_at_begin: bool) {
    let content = bytes(25);
    let calls = {
        let town = typing(types_at_begin);
        let to = begin(&town);
        let before = town.store.calls();
        town.send(&town.function(), first(&to));
        town.store.calls() - before
    };
    for crash in Crash::each(calls) {
        let town = typing(types_at_begin);
        let to = begin(&town);
        let mut dying = town.clone();
        dying.store = town.store.with_crash(crash);
        dying.send(&dying.function(), first(&to));
        for _ in 0..3 {
            town.clock.advance(Duration::from_secs(60));
            town.tick();
        }
        let again = town.send(&town.function(), first(&to));
        assert_eq!(again.status, 200, "{crash:?} {again:?}");
        let last = send(&town, &to, "bytes=10-24/25", &content[10..]);
        assert_eq!(last.json()["status"], "succeeded", "{crash:?} {last:?}");
        assert_eq!(town.to.content("y").unwrap(), content);
        assert_eq!(town.to.content_type("y").as_deref(), Some("text/csv"), "{crash:?}");
    }
}

#[test]
fn whoever_sends_the_next_chunk_while_one_is_answered_may_send_it_again_at_once() {
    let content = bytes(25);
    for steps in 0.. {
        let mut town = Town::new();
        town.store = town.store.yielding();
        let to = begin(&town);
        let function = town.function();
        let next = || patch(&to, "bytes=10-24/25", Body::from(content[10..].to_vec()));
        let mut early = Box::pin(function.handle(first(&to)));
        let mut context = Context::from_waker(Waker::noop());
        let is_over = (0..steps).any(|_| early.as_mut().poll(&mut context).is_ready());
        if is_over {
            assert!(steps > 5, "the store lets others go first");
            return;
        }
        town.send(&function, next());
        assert_eq!(town.drive(early).status(), StatusCode::OK, "{steps}");
        let again = town.send(&function, next());
        assert_eq!(again.json()["status"], "succeeded", "{steps} {again:?}");
    }
}

#[test]
fn a_chunk_that_takes_minutes_keeps_its_upload_and_another_is_asked_to_wait() {
    let town = Town::new();
    let to = begin(&town);
    let content = bytes(25);
    let slow = slowly(&town, &content, Duration::from_secs(100));
    let (one, other) = (town.function(), town.function());
    let first = one.handle(patch(&to, "bytes=0-24/25", slow));
    let second = async {
        town.clock.sleep(Duration::from_secs(70)).await;
        let content = Body::from(content.clone());
        other.handle(patch(&to, "bytes=0-24/25", content)).await
    };
    let (first, second) = town.drive(futures_util::future::join(first, second));
    assert_eq!(second.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(second.headers().contains_key(RETRY_AFTER));
    assert_eq!(first.status(), StatusCode::OK);
    assert!(town.clock.now().since(START) >= Duration::from_secs(100));
    assert_eq!(town.to.content("y").unwrap(), content);
}

#[test]
fn a_chunk_that_comes_again_as_another_is_written_as_it_is_hashed() {
    let town = Town::of(Kind::default(), Kind { holds: true, ..Kind::default() });
    let to = begin(&town);
    let content = bytes(25);
    town.to.fail_next("write", Fault::Lost);
    assert_eq!(send(&town, &to, "bytes=0-9/25", &[0; 10]).status, 503);
    assert_eq!(send(&town, &to, "bytes=0-9/25", &content[..10]).status, 200);
    let receipt = send(&town, &to, "bytes=10-24/25", &content[10..]).json();
    assert_eq!(town.to.content("y").unwrap(), content);
    let mut hasher = Hasher::new(&[]);
    hasher.update(&content);
    assert_eq!(receipt["digests"]["sha-256"], hasher.finish().remove(0).hex());
}

#[test]
fn a_chunk_that_is_encoded_is_refused() {
    let town = Town::new();
    let to = begin(&town);
    let mut encoded = patch(&to, "bytes=0-9/25", Body::from(bytes(10)));
    encoded.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    assert_eq!(town.send(&town.function(), encoded).status, 400);
    assert_eq!(town.to.count("write"), 0);
}

#[test]
fn an_upload_that_was_stopped_takes_no_chunk() {
    let town = Town::new();
    let to = begin(&town);
    let id = to.strip_prefix("/uploads/").unwrap();
    town.post(&format!("/relays/{id}:cancel"), "");
    assert_eq!(town.to.uploads(), 0);
    assert_eq!(send(&town, &to, "bytes=0-9/25", &bytes(10)).status, 404);
}

#[test]
fn the_first_chunk_says_what_the_file_is_where_nobody_said_it_before() {
    for types_at_begin in [false, true] {
        the_first_chunk_says_what_the_file_is(types_at_begin);
    }
}

fn the_first_chunk_says_what_the_file_is(types_at_begin: bool) {
    for (query, said, expected) in [
        ("", Some("text/csv; charset=utf-8"), Some("text/csv; charset=utf-8")),
        ("?contentType=a/b", Some("text/csv"), Some("a/b")),
        ("", Some("application/octet-stream"), None),
        ("", Some("application/x-www-form-urlencoded"), None),
        ("", Some("none"), None),
        ("", None, None),
    ] {
        let town = typing(types_at_begin);
        let to = begin_with(&town, query);
        let content = bytes(25);
        let chunk = |range: &str, content: &[u8], said: Option<&str>| {
            let mut chunk = patch(&to, range, Body::from(content.to_vec()));
            let said = said.map(|said| said.parse().unwrap());
            chunk.headers_mut().extend(said.map(|said| (CONTENT_TYPE, said)));
            town.send(&town.function(), chunk)
        };
        // It comes again, and the second says something else.
        town.to.fail_next("write", Fault::Refused);
        assert_eq!(chunk("bytes=0-9/25", &content[..10], said).status, 503);
        assert_eq!(chunk("bytes=0-9/25", &content[..10], said).status, 200);
        let receipt = chunk("bytes=10-24/25", &content[10..], Some("image/png")).json();
        assert_eq!(receipt["contentType"].as_str(), expected, "{query} {said:?}");
        assert_eq!((town.to.content_type("y").as_deref(), town.to.uploads()), (expected, 0));
    }
}

#[test]
fn chunks_are_as_long_as_one_request_may_be() {
    let size_of = |town: &Town, length: u64| {
        let mut begin = request("POST", "/to/b/y", b"");
        begin.headers_mut().insert("x-ms-transfer-mode", "chunked".parse().unwrap());
        begin.headers_mut().insert("x-ms-content-length", length.into());
        let begun = town.send(&town.function(), begin);
        match begun.headers.get("x-ms-chunk-size") {
            Some(size) => size.to_str().unwrap().to_owned(),
            None => format!("{} {}", begun.status.as_u16(), begun.json()["detail"]),
        }
    };
    let size = |town: &Town| size_of(town, 100_000_000);
    let town = |size: u64| {
        let to = Kind { size: Some(size), ..Kind::default() };
        Town::of(Kind::default(), to)
    };
    assert_eq!(size(&town(1_000_000)), "8000000");
    assert_eq!(size(&town(10_000_000)), "10000000");
    let mut lambda = town(1_000_000);
    lambda.environment = FixedEnvironment::new([("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")]);
    assert_eq!(size(&lambda), "4000000");
    assert_eq!(size(&lambda.with("chunk_bytes", "6000000")), "6000000");
    assert_eq!(size(&town(1_000_000).with("chunk_bytes", "2000000")), "2000000");
    assert_eq!(size(&town(2_000_000).with("chunk_bytes", "2000000")), "2000000");
    assert_eq!(size(&town(1_000_000).with("chunk_bytes", "62914560")), "62000000");
    let shorter = town(2_000_000).with("chunk_bytes", "1999999");
    let said = size(&shorter);
    assert!(said.starts_with("501") && said.contains("chunk_bytes"), "{said}");
    assert_eq!((shorter.to.count("begin"), shorter.to.uploads()), (0, 0));
    // A file that is one chunk has no part that is too long, and no chunk is longer than the file.
    assert_eq!(size_of(&town(5_000_000).with("chunk_bytes", "2500000"), 2_500_000), "2500000");
    assert_eq!(size_of(&town(1_000_000), 2_500_000), "2500000");
    assert_eq!(size_of(&town(1_000_000).with("chunk_bytes", "2000000"), 2_500_000), "2000000");
}
