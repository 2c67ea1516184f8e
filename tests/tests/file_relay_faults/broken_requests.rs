use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use headgate_tests::dice::Dice;
use headgate_tests::relay::{Carrier, Kind, RelayPeers, random_bytes, start_native};
use http::Method;

use crate::outcome::between_glances;
use crate::{MIB, seed};

/// Sends so much of a request that it is no whole one, and hangs up.
fn break_off(carrier: &Carrier, path: &str, kind: &str, said: usize, body: &[u8]) {
    let mut stream = TcpStream::connect(carrier.address()).unwrap();
    let head = format!(
        "PUT {path} HTTP/1.1\r\nHost: relay\r\nContent-Type: {kind}\r\nContent-Length: {said}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    // It may be refused before its end.
    let _ = stream.write_all(body);
    let _ = stream.shutdown(Shutdown::Write);
    // There may be an answer, and there may be none.
    let _ = stream.read_to_end(&mut Vec::new());
}

#[test]
fn a_request_that_breaks_off_or_is_not_what_it_says_leaves_nothing() {
    let mut dice = Dice::new(seed());
    let peers = RelayPeers::start();
    let variables = peers.variables(&Kind::ALL, "");
    let (_process, carrier) = start_native(&variables, None).unwrap();
    let content = random_bytes(dice.below(u64::MAX), 11 * MIB);
    let base64 = STANDARD.encode(&content);
    let envelope = format!(r#"{{"$content-type":"a/b","$content":"{base64}"}}"#);
    let mut broken = 0;
    for kind in Kind::ALL {
        let path = |name: &str| format!("/to/{}/{name}", kind.name());
        let raw = "application/octet-stream";
        // In the first part and after it; and with one byte less than it says.
        for end in [1 + dice.place(MIB), 9 * MIB + dice.place(MIB), content.len() - 1] {
            break_off(&carrier, &path("broken"), raw, content.len(), &content[..end]);
            broken += 1;
        }
        let end = envelope.len() - 1 - dice.place(1_000);
        break_off(
            &carrier,
            &path("envelope"),
            "application/json",
            envelope.len(),
            &envelope.as_bytes()[..end],
        );
        broken += 1;
        // A whole request, whose envelope is not.
        let cut = Bytes::copy_from_slice(&envelope.as_bytes()[..end]);
        let json = [("content-type", "application/json")];
        let answer = carrier.ask(Method::PUT, &path("cut"), &json, cut).unwrap();
        assert!((400..500).contains(&answer.status), "{kind:?}: {answer:?}");
        // A whole file, which is not the one that it is said to be.
        let digest = format!("sha-256=:{}:", STANDARD.encode([7; 32]));
        let headers = [("repr-digest", digest.as_str())];
        let answer = carrier.ask(Method::PUT, &path("other"), &headers, content.clone()).unwrap();
        let says = "sha-256 of the file is not the expected one";
        assert!(answer.body.to_string().contains(says), "{kind:?}: {answer:?}");
    }
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    loop {
        // What is not over is not over yet: nobody waits for the answer.
        let under_way: usize = ["queued", "running"]
            .map(|status| {
                let page = carrier.get(&format!("/relays?status={status}")).unwrap().body;
                page["relays"].as_array().unwrap().len()
            })
            .iter()
            .sum();
        if under_way == 0 {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "{under_way} relays have no end");
        between_glances();
    }
    for kind in Kind::ALL {
        assert_eq!(peers.names(kind), [""; 0], "what {kind:?} holds");
    }
    let page = carrier.get("/relays?status=failed").unwrap().body;
    let failed = page["relays"].as_array().unwrap();
    assert!(failed.len() >= broken, "{} of {broken} have a receipt", failed.len());
    for receipt in failed {
        assert!(receipt["error"]["message"].is_string(), "{receipt}");
    }
}
