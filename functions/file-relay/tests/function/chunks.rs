//! A file that comes in chunks survives whoever takes them.

use std::time::Duration;

use headgate_core::{Body, Clock, Handler, Timer};
use headgate_fakes::Crash;
use headgate_file_relay::digest::Hasher;
use http::header::{CONTENT_RANGE, RETRY_AFTER};
use http::{Request, StatusCode};

use crate::memory_place::{Fault, Kind};
use crate::town::{Answered, START, Town, bytes, request, slowly};

fn begin(town: &Town) -> String {
    let mut begin = request("POST", "/to/b/y", b"");
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

#[test]
fn wherever_a_process_dies_that_takes_a_chunk_the_chunk_may_come_again() {
    let content = bytes(25);
    let calls = {
        let town = Town::new();
        let to = begin(&town);
        let before = town.store.calls();
        send(&town, &to, "bytes=0-9/25", &content[..10]);
        town.store.calls() - before
    };
    for crash in Crash::each(calls) {
        let town = Town::new();
        let to = begin(&town);
        let mut dying = town.clone();
        dying.store = town.store.with_crash(crash);
        send(&dying, &to, "bytes=0-9/25", &content[..10]);
        for _ in 0..3 {
            town.clock.advance(Duration::from_secs(60));
            town.tick();
        }
        let again = send(&town, &to, "bytes=0-9/25", &content[..10]);
        assert_eq!(again.status, 200, "{crash:?} {again:?}");
        let last = send(&town, &to, "bytes=10-24/25", &content[10..]);
        assert_eq!(last.json()["status"], "succeeded", "{crash:?} {last:?}");
        assert_eq!(town.to.content("y").unwrap(), content);
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
