use std::net::SocketAddr;
use std::sync::Arc;

use headgate_core::{Clock, Timestamp};
use headgate_local::SpinHeaders;
use http::{HeaderValue, Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::backend::Backend;
use crate::client::{get, request, send, text};
use crate::harness::{host, host_in, host_with, lines};

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_is_told_its_route_and_cannot_be_lied_to_about_it() {
    let (_folder, host) = host();
    let running = host.spin_headers(SpinHeaders::All).start().await.unwrap();
    let mut request = request(Method::GET, "/do/headers?a=b");
    request.headers_mut().insert("spin-component-route", HeaderValue::from_static("/evil"));
    let response = send(running.address(), request).await.unwrap();
    let told = String::from_utf8(response.into_body().to_vec()).unwrap();
    for line in [
        "spin-path-info: /headers",
        "spin-full-url: http://test.example/do/headers?a=b",
        "spin-component-route: /do",
        "spin-matched-route: /do/...",
        "spin-raw-component-route: /do/...",
        "spin-base-path: /",
    ] {
        assert!(told.lines().any(|told| told == line), "{line} in {told}");
    }
    assert!(!told.contains("evil"), "{told}");
    running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_gets_no_header_that_the_callers_connection_names() {
    let (_folder, host) = host();
    let running = host.start().await.unwrap();
    let mut request = request(Method::GET, "/do/headers");
    for (name, value) in [
        ("connection", "close, X-Private, spin-path-info"),
        ("connection", "x-other"),
        ("x-private", "1"),
        ("x-other", "1"),
        ("x-kept", "1"),
    ] {
        request.headers_mut().append(name, HeaderValue::from_static(value));
    }
    let response = send(running.address(), request).await.unwrap();
    let told = String::from_utf8(response.into_body().to_vec()).unwrap();
    assert!(told.contains("x-kept: 1"), "{told}");
    assert!(told.contains("spin-path-info: /headers"), "{told}");
    assert!(!told.contains("x-private") && !told.contains("x-other"), "{told}");
    running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_reads_its_own_variables_through_every_interface_and_no_others() {
    let (_folder, host) = host();
    let running = host.variable("greeting", "good day").start().await.unwrap();
    assert_eq!(
        text(running.address(), "/do/variable/greeting").await,
        r#"Ok("good day, world") Ok("good day, world") Ok(Some("good day, world"))"#
    );
    // Declared by the application, not given to the component.
    assert_eq!(
        text(running.address(), "/do/variable/secret").await,
        r#"Err(Error::Undefined("secret")) Err(Error::Undefined("secret")) Ok(None)"#
    );
    running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_has_whole_blocks_hashed_up_to_a_mebibyte() {
    let (_folder, host) = host();
    let (output, lines) = lines();
    let running = host.guest_output(output).start().await.unwrap();
    // NIST's example of one block.
    assert_eq!(
        text(running.address(), "/do/hash/abc").await,
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    let refused = [65, 1024 * 1024 + 64];
    for length in [0, 64, 1024 * 1024].into_iter().chain(refused) {
        let (status, _) = get(running.address(), &format!("/do/hash-zeros/{length}")).await;
        assert_eq!(
            status == StatusCode::INTERNAL_SERVER_ERROR,
            refused.contains(&length),
            "{length}"
        );
    }
    running.shut_down().await;
    let lines = lines.lock().unwrap();
    for length in refused {
        let said = format!("and not {length} bytes");
        assert!(lines.iter().any(|line| line.contains(&said)), "{said} in {lines:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn outgoing_requests_go_to_declared_hosts_only_and_follow_no_redirect() {
    let (_folder, host) = host();
    let running = host.start().await.unwrap();
    let mut backend = Backend::start().await;
    let path = format!("/do/outbound/http/{}", backend.address);
    let (told, ()) = tokio::join!(text(running.address(), &path), async {
        backend.call().await.answer(StatusCode::FOUND);
    });
    assert_eq!(told, "302 ");
    for elsewhere in ["http/localhost:1", "https/127.0.0.1:1", "http/127.0.0.2:1"] {
        let told = text(running.address(), &format!("/do/outbound/{elsewhere}")).await;
        assert!(told.contains("HttpRequestDenied"), "{elsewhere}: {told}");
    }
    assert!(backend.has_no_further_call());
    running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outgoing_request_says_how_long_its_body_is() {
    let (_folder, host) = host();
    let running = host.start().await.unwrap();
    let peer = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = peer.local_addr().unwrap();
    for (method, length, said) in [
        ("POST", 0, Some("0")),
        ("PUT", 0, Some("0")),
        ("PATCH", 0, Some("0")),
        ("POST", 3, Some("3")),
        ("DELETE", 3, Some("3")),
        ("DELETE", 0, Some("0")),
        ("GET", 0, None),
    ] {
        let path = format!("/do/send/{method}/{length}/{authority}");
        let (told, sent) = tokio::join!(text(running.address(), &path), received(&peer, length));
        assert_eq!(told, "204", "{method} {length}");
        let header = |name: &str| {
            let mut lines = sent.lines().filter_map(|line| line.split_once(": "));
            lines.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        assert_eq!(header("content-length"), said, "{sent}");
        assert_eq!(header("transfer-encoding"), None, "{sent}");
    }
    running.shut_down().await;
}

/// What comes on the next connection: the head of a request and `length` bytes behind it. It is answered 204.
async fn received(peer: &TcpListener, length: usize) -> String {
    let (mut stream, _) = peer.accept().await.unwrap();
    let mut came = Vec::new();
    loop {
        if let Some((head, body)) = String::from_utf8_lossy(&came).split_once("\r\n\r\n")
            && body.len() >= length
        {
            stream
                .write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
                .await
                .unwrap();
            return head.to_owned();
        }
        assert!(stream.read_buf(&mut came).await.unwrap() > 0, "the request broke off");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn state_is_shared_by_instances_and_survives_a_restart() {
    let (folder, host) = host();
    let running = host.start().await.unwrap();
    text(running.address(), "/do/set/color/blue").await;
    assert_eq!(text(running.address(), "/do/get/color").await, "blue");
    assert_eq!(text(running.address(), "/do/get/shape").await, "nothing");
    running.shut_down().await;
    let running = host_in(&folder, "").start().await.unwrap();
    assert_eq!(text(running.address(), "/do/get/color").await, "blue");
    running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn compare_and_swap_loses_nothing_between_instances() {
    let (_folder, host) = host();
    let running = host.start().await.unwrap();
    let address = running.address();
    let adders: Vec<_> =
        (0..20).map(|_| tokio::spawn(async move { text(address, "/do/add/sum").await })).collect();
    let mut sums = Vec::new();
    for adder in adders {
        sums.push(adder.await.unwrap().parse::<u32>().unwrap());
    }
    sums.sort_unstable();
    assert_eq!(sums, (1..=20).collect::<Vec<_>>());
    running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_not_declared_is_not_opened() {
    let (_folder, host) = host();
    let running = host.start().await.unwrap();
    assert_eq!(text(running.address(), "/do/open/default").await, r#"Ok("opened")"#);
    assert_eq!(text(running.address(), "/do/open/other").await, "Err(Error::AccessDenied)");
    running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_reads_the_files_that_its_manifest_names() {
    let more = r#"
        [[trigger.http]]
        route = "/read/..."
        component = "reader"
        [component.reader]
        source = "reader.wasm"
        files = ["notes.txt", { source = "policies", destination = "/policies" }]
    "#;
    let (folder, host) = host_with(more);
    std::fs::write(folder.path().join("notes.txt"), "noted").unwrap();
    std::fs::write(folder.path().join("hidden.txt"), "hidden").unwrap();
    std::fs::create_dir(folder.path().join("policies")).unwrap();
    std::fs::write(folder.path().join("policies/a"), "allow").unwrap();
    let host = host.component_source("reader", crate::harness::component("misbehaving"));
    let running = host.start().await.unwrap();
    assert_eq!(text(running.address(), "/read/file/notes.txt").await, "noted");
    assert_ne!(text(running.address(), "/read/file/hidden.txt").await, "hidden");
    assert_eq!(text(running.address(), "/read/path/policies/a").await, "allow");
    running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_sees_the_clock_it_is_given() {
    struct At(u64);
    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp::from_secs(self.0)
        }
    }
    let (_folder, host) = host();
    let running = host.clock(Arc::new(At(1_700_000_000))).start().await.unwrap();
    assert_eq!(text(running.address(), "/do/time").await, "1700000000");
    running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_guest_prints_is_passed_on_with_its_name() {
    let (_folder, host) = host();
    let (output, lines) = lines();
    let running = host.guest_output(output).start().await.unwrap();
    let address: SocketAddr = running.address();
    text(address, "/do/print/hello").await;
    running.shut_down().await;
    let lines = lines.lock().unwrap();
    assert_eq!(*lines, ["misbehaving Stdout hello", "misbehaving Stderr hello"]);
}
