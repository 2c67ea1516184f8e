//! What a caller sees when everything goes well, and when it asks for what there is not.

use std::time::Duration;

use headgate_core::Body;
use headgate_fakes::Tasks;
use headgate_file_relay::digest::{Algorithm, Digest, Hasher};
use http::header::{CONTENT_RANGE, CONTENT_TYPE, ETAG, LOCATION, RANGE};
use http_body_util::StreamBody;
use serde_json::{Value, json};

use crate::memory_place::{Fault, Kind};
use crate::town::{Town, bytes, order, request};

const MD5: &[Algorithm] = &[Algorithm::Md5];

fn sha256(content: &[u8]) -> Digest {
    let mut hasher = Hasher::new(&[]);
    hasher.update(content);
    hasher.finish().remove(0)
}

#[test]
fn a_file_arrives_as_it_left_whatever_its_length_and_however_it_is_cut() {
    for size in [None, Some(10)] {
        for length in [0, 1, 9, 10, 11, 20, 21, 100] {
            let kind = Kind { size, algorithms: MD5, ..Kind::default() };
            let town = Town::of(Kind { algorithms: MD5, ..Kind::default() }, kind);
            town.from.put("x", bytes(length));
            let receipt = town.relay("x", "in/y", "");
            assert_eq!(receipt["status"], "succeeded", "{receipt}");
            assert_eq!(town.to.content("in/y").unwrap(), bytes(length));
            assert_eq!(receipt["bytes"], json!(length));
            assert_eq!(receipt["digests"]["sha-256"], json!(sha256(&bytes(length)).hex()));
            assert!(receipt["digests"]["md5"].is_string());
            assert_eq!(receipt["contentType"], "text/x-memory");
            assert_eq!(town.to.content_type("in/y").unwrap(), "text/x-memory");
            assert_eq!((town.to.uploads(), &receipt["attempts"]), (0, &json!(1)));
        }
    }
}

#[test]
fn a_source_that_does_not_say_its_length_arrives_too() {
    for (size, needs_length) in [(None, false), (Some(10), true), (Some(10), false)] {
        for length in [0, 1, 10, 25] {
            let from = Kind { has_lengths: false, ..Kind::default() };
            let town = Town::of(from, Kind { size, needs_length, ..Kind::default() });
            town.from.put("x", bytes(length));
            let receipt = town.relay("x", "y", "");
            assert_eq!(receipt["status"], "succeeded", "{receipt}");
            assert_eq!(town.to.content("y").unwrap(), bytes(length));
        }
    }
}

#[test]
fn a_receipt_says_what_happened_and_an_event_tells_it() {
    let town = Town::new();
    town.from.put("x", bytes(25));
    let answered = town.post("/relays", &order("x", "y", ""));
    assert_eq!(answered.status, 200);
    let receipt = answered.json();
    let id = receipt["id"].as_str().unwrap();
    assert_eq!(answered.headers[LOCATION], format!("relays/{id}"));
    assert_eq!(receipt["source"], json!({ "place": "a", "path": "x", "etag": "\"1\"" }));
    assert_eq!(receipt["destination"], json!({ "place": "b", "path": "y", "etag": "\"1\"" }));
    assert_eq!(receipt["parts"], 3);
    for time in ["createdTime", "startedTime", "endedTime"] {
        assert!(receipt[time].is_string(), "{time}");
    }
    assert_eq!(town.get(&format!("/relays/{id}")).json(), receipt);
    let events = town.sink.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["type"], "dev.headgate.file-relay.relay.succeeded");
    assert_eq!(events[0]["subject"], format!("/relays/{id}"));
    assert_eq!(events[0]["data"]["digests"], receipt["digests"]);
    town.tick();
    assert!(town.keys("file-relay/open/").is_empty(), "nobody looks after it any more");
}

#[test]
fn the_same_key_carries_once_and_with_another_request_it_is_refused() {
    let town = Town::new();
    town.from.put("x", bytes(5));
    let keyed = |body: &str| {
        let mut request = request("POST", "/relays", body.as_bytes());
        request.headers_mut().insert("idempotency-key", "k1".parse().unwrap());
        town.send(&town.function(), request)
    };
    let first = keyed(&order("x", "y", "")).json();
    assert_eq!(keyed(&order("x", "y", "")).json(), first);
    assert_eq!(town.to.count("commit"), 1);
    assert_eq!(keyed(&order("x", "z", "")).status, 422);
}

#[test]
fn what_is_there_stays_is_replaced_is_left_aside_or_is_skipped() {
    let with = |conflict: &str, there: Vec<u8>, kind: Kind| {
        let town = Town::of(Kind::default(), kind);
        town.from.put("x.txt", bytes(25));
        town.to.put("y.txt", there);
        let receipt = town.relay("x.txt", "y.txt", &format!(r#""conflict":"{conflict}""#));
        assert_eq!(town.to.uploads(), 0);
        (receipt, town)
    };
    let (receipt, town) = with("fail", b"old".to_vec(), Kind::default());
    assert_eq!(receipt["error"]["code"], "DestinationExists");
    assert_eq!(town.to.content("y.txt").unwrap(), "old");

    let (receipt, town) = with("replace", b"old".to_vec(), Kind::default());
    assert_eq!(receipt["status"], "succeeded");
    assert_eq!(town.to.content("y.txt").unwrap(), bytes(25));

    let (receipt, town) = with("rename", b"old".to_vec(), Kind::default());
    assert_eq!(receipt["destination"]["path"], "y (1).txt");
    assert_eq!(town.to.content("y.txt").unwrap(), "old");
    assert_eq!(town.to.content("y (1).txt").unwrap(), bytes(25));

    for algorithms in [&[][..], MD5] {
        let kind = Kind { algorithms, ..Kind::default() };
        let (receipt, town) = with("skip-if-identical", bytes(25), kind.clone());
        assert_eq!(receipt["status"], "skipped", "{receipt}");
        assert_eq!(town.to.count("commit"), 0);
        let mut other = bytes(25);
        other[24] ^= 1;
        let (receipt, town) = with("skip-if-identical", other, kind);
        assert_eq!(receipt["status"], "succeeded");
        assert_eq!(town.to.content("y.txt").unwrap(), bytes(25));
    }
}

#[test]
fn an_identical_file_that_both_places_know_a_digest_of_is_not_even_read() {
    let kind = Kind { algorithms: MD5, ..Kind::default() };
    let town = Town::of(kind.clone(), kind);
    town.from.put("x", bytes(25));
    town.to.put("y", bytes(25));
    let receipt = town.relay("x", "y", r#""conflict":"skip-if-identical""#);
    assert_eq!(receipt["status"], "skipped");
    assert_eq!(town.to.count("begin"), 0);
}

#[test]
fn what_the_caller_expects_of_the_file_is_checked() {
    let right = sha256(&bytes(25)).hex();
    for (options, code) in [
        (format!(r#""length":25,"sha256":"{right}""#), None),
        (r#""length":24"#.to_owned(), Some("LengthUnexpected")),
        (format!(r#""sha256":"{}""#, "0".repeat(64)), Some("DigestUnexpected")),
    ] {
        let town = Town::new();
        town.from.put("x", bytes(25));
        let receipt = town.relay("x", "y", &options);
        assert_eq!(receipt["error"]["code"].as_str(), code, "{receipt}");
        assert_eq!(town.to.content("y").is_some(), code.is_none());
        assert_eq!(town.to.uploads(), 0);
    }
}

#[test]
fn many_files_have_a_receipt_each_and_a_summary() {
    let town = Town::new();
    for name in ["d/1", "d/2", "d/e/3", "d/e/4", "d/5", "other"] {
        town.from.put(name, bytes(name.len() + 20));
    }
    town.to.put("in/2", "old");
    let body = r#"{"source":{"place":"a","prefix":"d/"},"destination":{"place":"b","folder":"in"},"options":{"parallel":3}}"#;
    let receipt = town.post("/relays", body).json();
    assert_eq!(receipt["status"], "failed", "{receipt}");
    assert_eq!(receipt["error"]["message"], "1 of 5 files did not arrive");
    let expected = json!({ "total": 5, "succeeded": 4, "skipped": 0, "failed": 1, "cancelled": 0, "listed": true });
    assert_eq!(receipt["relays"], expected);
    assert_eq!(town.to.files(), ["in/1", "in/2", "in/5", "in/e/3", "in/e/4"]);
    let id = receipt["id"].as_str().unwrap();
    let children = town.get(&format!("/relays?parent={id}")).json();
    assert_eq!(children["relays"].as_array().unwrap().len(), 5);
    assert_eq!(town.get("/relays?status=failed").json()["relays"].as_array().unwrap().len(), 2);
    assert_eq!(town.sink.events().len(), 6);

    let body = r#"{"sources":[{"place":"a","path":"d/e/3"},{"place":"a","path":"other"}],"destination":{"place":"b","folder":"x"}}"#;
    assert_eq!(town.post("/relays", body).json()["relays"]["succeeded"], 2);
    assert_eq!(town.to.content("x/3").unwrap(), bytes(25));
}

#[test]
fn of_many_files_those_that_did_not_arrive_are_tried_again() {
    let town = Town::new();
    for name in ["d/1", "d/2"] {
        town.from.put(name, bytes(25));
    }
    town.to.put("in/2", "old");
    let body = r#"{"source":{"place":"a","prefix":"d"},"destination":{"place":"b","folder":"in"}}"#;
    let receipt = town.post("/relays", body).json();
    assert_eq!(receipt["relays"]["failed"], 1, "{receipt}");
    town.to.take("in/2");
    let id = receipt["id"].as_str().unwrap();
    let resumed = town.post(&format!("/relays/{id}:resume"), "").json();
    assert_eq!(
        (&resumed["status"], &resumed["relays"]["succeeded"]),
        (&json!("succeeded"), &json!(2))
    );
    assert_eq!(town.to.count("commit"), 2, "what arrived is not carried again");
}

#[test]
fn many_files_that_are_stopped_leave_nothing_half_written() {
    let mut town = Town::new();
    town.tasks = Tasks::beside_the_answer();
    for name in 1..7 {
        town.from.put(&format!("d/{name}"), bytes(35));
    }
    town.to.fail_at((30..40).map(|call| (call, Fault::Refused)));
    let function = town.function();
    let body = r#"{"source":{"place":"a","prefix":"d"},"destination":{"place":"b","folder":"in"}}"#;
    let work = async {
        use headgate_core::Handler;
        let answered = function.handle(request("POST", "/relays", body.as_bytes())).await;
        let receipt = answered.into_body().read(10_000).await.unwrap();
        let receipt: Value = serde_json::from_slice(&receipt).unwrap();
        let id = receipt["id"].as_str().unwrap().to_owned();
        for _ in 0..4 {
            headgate_fakes::pause().await;
        }
        let cancel = request("POST", &format!("/relays/{id}:cancel"), b"");
        assert_eq!(function.handle(cancel).await.status(), 202);
        id
    };
    let id = town.drive(work);
    let receipt = town.tick_until_over(&id);
    assert_eq!(receipt["status"], "cancelled", "{receipt}");
    let counts = &receipt["relays"];
    let sum = counts["succeeded"].as_u64().unwrap() + counts["cancelled"].as_u64().unwrap();
    assert_eq!((&counts["total"], sum), (&json!(6), 6), "{receipt}");
    assert_eq!(town.to.uploads(), 0);
    assert_eq!(town.to.files().len() as u64, counts["succeeded"].as_u64().unwrap());
}

#[test]
fn a_relay_that_is_stopped_leaves_nothing() {
    let mut town = Town::new();
    town.tasks = Tasks::beside_the_answer();
    town.from.put("x", bytes(35));
    // The pauses between the attempts are long enough to stop it.
    for _ in 0..4 {
        town.to.fail_next("write", Fault::Refused);
    }
    let function = town.function();
    let work = async {
        use headgate_core::Handler;
        let answered =
            function.handle(request("POST", "/relays", order("x", "y", "").as_bytes())).await;
        assert_eq!(answered.status(), 202);
        let receipt = answered.into_body().read(10_000).await.unwrap();
        let receipt: Value = serde_json::from_slice(&receipt).unwrap();
        let id = receipt["id"].as_str().unwrap().to_owned();
        // Others go first.
        for _ in 0..3 {
            headgate_fakes::pause().await;
        }
        let cancel = request("POST", &format!("/relays/{id}:cancel"), b"");
        assert_eq!(function.handle(cancel).await.status(), 202);
        id
    };
    let id = town.drive(work);
    let receipt = town.get(&format!("/relays/{id}")).json();
    assert_eq!(receipt["status"], "cancelled", "{receipt}");
    assert_eq!((town.to.uploads(), town.to.files().len()), (0, 0));
    let resumed = town.post(&format!("/relays/{id}:resume"), "");
    assert_eq!(resumed.status, 202);
    assert_eq!(town.tick_until_over(&id)["status"], "succeeded");
    assert_eq!(town.to.content("y").unwrap(), bytes(35));
}

#[test]
fn progress_is_told_each_second_until_the_end() {
    let town = Town::new();
    town.from.put("x", bytes(35));
    for _ in 0..3 {
        town.to.fail_next("write", Fault::Refused);
    }
    let receipt = town.relay("x", "y", "");
    let id = receipt["id"].as_str().unwrap();
    let events = town.get(&format!("/relays/{id}/events"));
    assert_eq!(events.headers[CONTENT_TYPE], "text/event-stream");
    let text = String::from_utf8(events.body).unwrap();
    assert!(text.starts_with("event: succeeded\ndata: {") && text.ends_with("}\n\n"), "{text}");
    assert_eq!(town.get("/relays/00000000000000000000000000000000/events").status, 404);
}

#[test]
fn a_file_that_comes_in_a_request_is_carried_while_it_comes() {
    for method in ["PUT", "POST"] {
        let town = Town::new();
        let mut put = request(method, "/to/b/in/y%20z.bin", &bytes(25));
        put.headers_mut().insert(CONTENT_TYPE, "application/x-a".parse().unwrap());
        put.headers_mut().insert(
            "repr-digest",
            format!("sha-256=:{}:", sha256(&bytes(25)).base64()).parse().unwrap(),
        );
        let answered = town.send(&town.function(), put);
        assert_eq!(answered.status, 201, "{answered:?}");
        let receipt = answered.json();
        assert_eq!(answered.headers[ETAG], "\"1\"");
        let id = receipt["id"].as_str().unwrap();
        assert_eq!(answered.headers[LOCATION], format!("../../../relays/{id}"));
        assert_eq!(town.to.content("in/y z.bin").unwrap(), bytes(25));
        assert_eq!(town.to.content_type("in/y z.bin").unwrap(), "application/x-a");
        assert_eq!(receipt["source"], json!({ "kind": "request" }));
    }
}

#[test]
fn an_envelope_is_decoded_and_what_only_looks_like_text_is_not_touched() {
    let town = Town::new();
    let envelope = r#"{"$content-type":"application/pdf","$content":"JVBERi0xLjcK/w=="}"#;
    let mut put = request("PUT", "/to/b/a.pdf", envelope.as_bytes());
    put.headers_mut().insert(CONTENT_TYPE, "application/json".parse().unwrap());
    assert_eq!(town.send(&town.function(), put).status, 201);
    assert_eq!(town.to.content("a.pdf").unwrap(), &b"%PDF-1.7\n\xff"[..]);
    assert_eq!(town.to.content_type("a.pdf").unwrap(), "application/pdf");
    let text = "{\"a\": \"JVBERi0xLjcK\"}";
    let mut put = request("PUT", "/to/b/a.json", text.as_bytes());
    put.headers_mut().insert(CONTENT_TYPE, "application/json".parse().unwrap());
    assert_eq!(town.send(&town.function(), put).status, 201);
    assert_eq!(town.to.content("a.json").unwrap(), text);
}

#[test]
fn a_request_that_breaks_off_leaves_nothing_and_may_come_again() {
    let town = Town::new();
    let broken = || {
        let frames = [Ok(http_body::Frame::data(bytes(15).into())), Err("gone")];
        let body = Body::stream(StreamBody::new(futures_util::stream::iter(frames)));
        let mut put = http::Request::put("/to/b/y").body(body).unwrap();
        put.headers_mut().insert("idempotency-key", "k".parse().unwrap());
        put
    };
    let answered = town.send(&town.function(), broken());
    assert_eq!(answered.status, 400, "{answered:?}");
    assert!(answered.json()["detail"].as_str().unwrap().contains("gone"));
    assert_eq!((town.to.uploads(), town.to.files().len()), (0, 0));
    let mut put = request("PUT", "/to/b/y", &bytes(25));
    put.headers_mut().insert("idempotency-key", "k".parse().unwrap());
    assert_eq!(town.send(&town.function(), put).status, 201);
    assert_eq!(town.to.content("y").unwrap(), bytes(25));
    let mut again = request("PUT", "/to/b/y", &bytes(25));
    again.headers_mut().insert("idempotency-key", "k".parse().unwrap());
    assert_eq!(town.send(&town.function(), again).status, 201);
    assert_eq!(town.to.count("commit"), 1);
}

#[test]
fn a_destination_that_fails_behind_a_request_is_told_to_whoever_sent_it() {
    for (fault, status) in [(Fault::BreaksAt(1), 502), (Fault::Lies, 502)] {
        let kind = Kind { algorithms: MD5, ..Kind::default() };
        let town = Town::of(Kind::default(), kind);
        town.to.fail_next("write", fault);
        let answered = town.send(&town.function(), request("PUT", "/to/b/y", &bytes(25)));
        assert_eq!(answered.status, status, "{answered:?}");
        assert_eq!((town.to.uploads(), town.to.files().len()), (0, 0));
    }
    // What fails before the content was touched, or after all of it is there, is tried again.
    let town = Town::new();
    town.to.fail_next("begin", Fault::Lost);
    town.to.fail_next("commit", Fault::Lost);
    assert_eq!(town.send(&town.function(), request("PUT", "/to/b/y", &bytes(25))).status, 201);
    assert_eq!(town.to.content("y").unwrap(), bytes(25));
}

fn chunk(town: &Town, to: &str, range: &str, content: &[u8]) -> crate::town::Answered {
    let mut patch = request("PATCH", to, content);
    patch.headers_mut().insert(CONTENT_RANGE, range.parse().unwrap());
    town.send(&town.function(), patch)
}

#[test]
fn a_file_that_comes_in_chunks_is_carried_chunk_by_chunk() {
    let town = Town::new().with("public_url", "https://gateway.example/file-relay");
    let mut begin = request("POST", "/to/b/y", b"");
    begin.headers_mut().insert("x-ms-transfer-mode", "chunked".parse().unwrap());
    begin.headers_mut().insert("x-ms-content-length", "25".parse().unwrap());
    let begun = town.send(&town.function(), begin);
    assert_eq!(begun.status, 200, "{begun:?}");
    assert!(begun.headers.contains_key("x-ms-chunk-size"));
    let location = begun.headers[LOCATION].to_str().unwrap();
    let upload = location.strip_prefix("https://gateway.example/file-relay").unwrap();
    let content = bytes(25);
    let first = chunk(&town, upload, "bytes=0-9/25", &content[..10]);
    assert_eq!(
        (first.status.as_u16(), &first.headers[RANGE]),
        (200, &"bytes=0-9".parse().unwrap())
    );
    // A day may pass; a tick leaves it alone.
    town.clock.advance(Duration::from_secs(3_600));
    town.tick();
    assert_eq!(chunk(&town, upload, "bytes=20-24/25", &content[20..]).status, 409);
    assert_eq!(chunk(&town, upload, "bytes=10-14/25", &content[10..15]).status, 400);
    assert_eq!(chunk(&town, upload, "bytes=10-19/26", &content[10..20]).status, 400);
    // The place loses the answer; the chunk comes again.
    town.to.fail_next("write", Fault::Lost);
    assert_eq!(chunk(&town, upload, "bytes 10-19/25", &content[10..20]).status, 503);
    let second = chunk(&town, upload, "bytes 10-19/25", &content[10..20]);
    assert_eq!(
        (second.status.as_u16(), &second.headers[RANGE]),
        (200, &"bytes=0-19".parse().unwrap())
    );
    assert_eq!(chunk(&town, upload, "bytes=0-9/25", &content[..10]).headers[RANGE], "bytes=0-19");
    let last = chunk(&town, upload, "bytes=20-24/25", &content[20..]);
    assert_eq!((last.status.as_u16(), &last.headers[RANGE]), (200, &"bytes=0-24".parse().unwrap()));
    assert_eq!(last.json()["status"], "succeeded");
    assert_eq!(town.to.content("y").unwrap(), content);
    assert_eq!(chunk(&town, upload, "bytes=20-24/25", &content[20..]).json(), last.json());
    assert_eq!(chunk(&town, "/uploads/x", "bytes=0-9/25", b"").status, 404);
}

#[test]
fn chunks_are_refused_where_the_place_takes_files_as_a_whole_and_given_up_after_a_day() {
    let town = Town::of(Kind::default(), Kind { size: None, ..Kind::default() });
    let begin = |town: &Town| {
        let mut begin = request("POST", "/to/b/y", b"");
        begin.headers_mut().insert("x-ms-transfer-mode", "chunked".parse().unwrap());
        begin.headers_mut().insert("x-ms-content-length", "25".parse().unwrap());
        town.send(&town.function(), begin)
    };
    assert_eq!(begin(&town).status, 501);
    assert_eq!(town.to.uploads(), 0);
    let town = Town::new();
    assert_eq!(begin(&town).status, 200);
    assert_eq!(town.to.uploads(), 1);
    town.clock.advance(Duration::from_secs(25 * 3_600));
    town.tick();
    assert_eq!(town.to.uploads(), 0);
    assert_eq!(town.get("/relays?status=failed").json()["relays"].as_array().unwrap().len(), 1);
}

#[test]
fn a_file_is_served_whole_or_in_part() {
    for has_ranges in [true, false] {
        let town =
            Town::of(Kind { has_ranges, algorithms: MD5, ..Kind::default() }, Kind::default());
        town.from.put("d/x", bytes(25));
        let whole = town.get("/from/a/d/x");
        assert_eq!((whole.status.as_u16(), &whole.body), (200, &bytes(25)));
        assert_eq!(whole.headers[ETAG], "\"1\"");
        assert_eq!(whole.headers["accept-ranges"], "bytes");
        assert!(whole.headers["repr-digest"].to_str().unwrap().starts_with("md5=:"));
        let with = |name: &'static str, value: &str| {
            let mut get = request("GET", "/from/a/d/x", b"");
            get.headers_mut().insert("range", "bytes=10-14".parse().unwrap());
            get.headers_mut().insert(name, value.parse().unwrap());
            town.send(&town.function(), get)
        };
        let part = with("if-range", "\"1\"");
        assert_eq!((part.status.as_u16(), &part.body[..]), (206, &bytes(25)[10..15]));
        assert_eq!(part.headers[CONTENT_RANGE], "bytes 10-14/25");
        assert_eq!(part.headers["content-length"], "5");
        assert_eq!(with("if-range", "\"0\"").body, bytes(25));
        assert_eq!(with("if-none-match", "\"1\"").status, 304);
        let none = with("range", "bytes=25-");
        assert_eq!(
            (none.status.as_u16(), &none.headers[CONTENT_RANGE]),
            (416, &"bytes */25".parse().unwrap())
        );
        let head = town.send(&town.function(), request("HEAD", "/from/a/d/x", b""));
        assert_eq!(
            (head.status.as_u16(), &head.headers["content-length"]),
            (200, &"25".parse().unwrap())
        );
    }
}

#[test]
fn only_named_places_are_used_and_only_for_what_they_are_for() {
    let town = Town::new();
    town.to.put("y", "there");
    town.from.put("x", "there");
    assert_eq!(town.get("/from/c/x").status, 404);
    assert_eq!(town.get("/from/a/%2e%2e/x").status, 400);
    assert_eq!(town.get("/from/a").status, 400);
    assert_eq!(town.get("/from/a/nothing").status, 404);
    assert_eq!(town.send(&town.function(), request("PUT", "/to/a/x", b"")).status, 403);
    assert_eq!(town.send(&town.function(), request("PUT", "/to/b/x?mode=1", b"")).status, 400);
    let to_a = order("x", "y", "").replace("\"b\"", "\"a\"");
    assert_eq!(town.post("/relays", &to_a).status, 403);
    let from_c = order("x", "y", "").replace("\"a\"", "\"c\"");
    assert_eq!(town.post("/relays", &from_c).status, 404);
    let places = town.get("/places").json();
    assert_eq!(
        places["places"][0],
        json!({ "name": "a", "kind": "folder", "read": true, "write": false })
    );
    let town = town.without("access");
    for path in ["/relays", "/places", "/from/a/x", "/openapi.json", "/outbox"] {
        assert_eq!(town.get(path).status, 403, "{path}");
    }
    assert_eq!(town.get("/healthz").status, 200);
}

#[test]
fn what_came_to_its_end_is_forgotten_after_a_while_and_nothing_else_is() {
    let town = Town::new().with("retention_days", "1");
    town.from.put("x", bytes(25));
    let receipt = town.relay("x", "y", "");
    let path = format!("/relays/{}", receipt["id"].as_str().unwrap());
    town.clock.advance(Duration::from_secs(23 * 3_600));
    town.tick();
    assert_eq!(town.get(&path).status, 200);
    town.clock.advance(Duration::from_secs(2 * 3_600));
    town.tick();
    assert_eq!(town.get(&path).status, 404);
    assert!(town.keys("file-relay/").is_empty(), "{:?}", town.keys("file-relay/"));
}

#[test]
fn an_instance_works_on_so_many_at_once_and_then_on_those_that_wait() {
    use headgate_core::Handler;
    let mut town = Town::new().with("parallel", "1");
    town.tasks = Tasks::beside_the_answer();
    town.from.put("x", bytes(25));
    // The first one waits for half a second.
    town.from.fail_next("open", Fault::Refused);
    let function = town.function();
    let ids = town.drive(async {
        let mut ids = Vec::new();
        for name in ["1", "2", "3"] {
            let post = request("POST", "/relays", order("x", name, "").as_bytes());
            let answered = function.handle(post).await;
            assert_eq!(answered.status(), 202);
            let receipt = answered.into_body().read(10_000).await.unwrap();
            let receipt: Value = serde_json::from_slice(&receipt).unwrap();
            ids.push(receipt["id"].as_str().unwrap().to_owned());
            headgate_fakes::pause().await;
        }
        let last = request("GET", &format!("/relays/{}", ids[2]), b"");
        let last = function.handle(last).await.into_body().read(10_000).await.unwrap();
        let last: Value = serde_json::from_slice(&last).unwrap();
        assert_eq!(last["status"], "queued");
        ids
    });
    for id in ids {
        assert_eq!(town.get(&format!("/relays/{id}")).json()["status"], "succeeded");
    }
    assert_eq!(town.to.files(), ["1", "2", "3"]);
}
