//! The HTTP server in this process, with limits short enough to be met.

#[cfg(test)]
mod common;

use std::future::Future;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use common::Wire;
use headgate_core::{Body, Handler};
use headgate_native::{HttpServer, Limits};
use http::{Request, Response, StatusCode};
use tokio::sync::oneshot;

/// Sends back what it gets, or says why it cannot.
struct Echo;

impl Handler for Echo {
    async fn handle(&self, request: Request<Body>) -> Response<Body> {
        if request.uri().path() == "/stream" {
            return Response::new(request.into_body());
        }
        match request.into_body().read(1024).await {
            Ok(bytes) => Response::new(Body::from(bytes)),
            Err(error) => {
                let mut response = Response::new(Body::from(error.to_string()));
                *response.status_mut() = StatusCode::BAD_REQUEST;
                response
            }
        }
    }
}

/// Runs `test` on a thread of its own while the server serves.
#[cfg(test)]
async fn serving(limits: Limits, test: impl FnOnce(SocketAddr) + Send + 'static) {
    let server = HttpServer::bind("127.0.0.1:0".parse().unwrap(), Echo, limits).await.unwrap();
    let address = server.address().unwrap();
    let (done, shutdown) = oneshot::channel::<()>();
    let test = tokio::task::spawn_blocking(move || {
        let _done = done;
        test(address);
    });
    server.serve(async { drop(shutdown.await) }).await;
    test.await.unwrap();
}

const SHORT: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_head_that_does_not_come_to_its_end_is_cut_off_although_idling_would_be_allowed() {
    let limits = Limits { head: SHORT, idle: LONG, ..Limits::default() };
    serving(limits, |address| {
        let mut slow = Wire::to(address);
        slow.write("GET / HTTP/1.1\r\nHo");
        assert!(slow.read().is_none());
        // A byte now and then does not help.
        let mut dripping = Wire::to(address);
        dripping.write("GET / HTTP/1.1\r\nA: ");
        let mut stream = dripping.stream().try_clone().unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
        let mut byte = [0];
        let closed = (0..10_000)
            .any(|_| stream.write_all(b"a").is_err() || matches!(stream.read(&mut byte), Ok(0)));
        assert!(closed);
        // The second request of a connection is held to the same.
        let mut second = Wire::to(address);
        assert_eq!(second.ask("POST", "/", "abc").text(), "abc");
        second.write("G");
        assert!(second.read().is_none());
    })
    .await;
}

#[tokio::test]
async fn an_idle_connection_outlives_the_limit_of_a_head_and_ends_with_its_own() {
    let limits = Limits { head: SHORT, idle: 3 * SHORT, ..Limits::default() };
    serving(limits, |address| {
        let mut wire = Wire::to(address);
        assert_eq!(wire.ask("POST", "/", "abc").text(), "abc");
        let mut byte = [0];
        wire.stream().set_read_timeout(Some(2 * SHORT)).unwrap();
        let waited = wire.stream().read(&mut byte);
        assert!(waited.is_err(), "the connection ended with the limit of a head: {waited:?}");
        assert_eq!(wire.ask("POST", "/", "abc").text(), "abc");
        wire.stream().set_read_timeout(Some(LONG)).unwrap();
        assert!(wire.read().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_body_that_falls_silent_breaks_off() {
    serving(Limits { silence: SHORT, ..Limits::default() }, |address| {
        let mut wire = Wire::to(address);
        wire.write("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 6\r\n\r\nabc");
        let answer = wire.read().unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (400, "body broke off"));
    })
    .await;
}

#[tokio::test]
async fn a_caller_that_does_not_take_its_answer_is_cut_off() {
    let limits = Limits { stall: SHORT, silence: LONG, ..Limits::default() };
    serving(limits, |address| {
        let mut wire = Wire::to(address);
        wire.write("POST /stream HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000000\r\n\r\n");
        let chunk = vec![0; 64 * 1024];
        let mut stream = wire.stream().try_clone().unwrap();
        stream.set_write_timeout(Some(LONG)).unwrap();
        // The server stops reading when it cannot write, and then breaks the connection.
        let broken = (0..20_000).find_map(|_| stream.write_all(&chunk).err()).expect("an end");
        assert_ne!(broken.kind(), std::io::ErrorKind::WouldBlock, "{broken}");
    })
    .await;
}

#[tokio::test]
async fn a_head_over_the_limit_is_431() {
    serving(Limits::default(), |address| {
        let long = "a".repeat(60 * 1024);
        let mut wire = Wire::to(address);
        wire.write(format!("GET / HTTP/1.1\r\nHost: test\r\nAuthorization: {long}\r\n\r\n"));
        assert_eq!(wire.read().unwrap().status, 200);
        wire.write(format!("GET / HTTP/1.1\r\nHost: test\r\nAuthorization: {long}{long}\r\n\r\n"));
        assert_eq!(wire.read().unwrap().status, 431);
        assert!(wire.read().is_none());
    })
    .await;
}

#[tokio::test]
async fn ten_megabytes_stream_through_while_they_are_still_being_sent() {
    serving(Limits::default(), |address| {
        let mut wire = Wire::to(address);
        let length = 10 * 1024 * 1024;
        wire.write(format!(
            "POST /stream HTTP/1.1\r\nHost: test\r\nContent-Length: {length}\r\n\r\n"
        ));
        let content: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
        let mut stream = wire.stream().try_clone().unwrap();
        let (first, rest) = content.split_at(1_000);
        stream.write_all(first).unwrap();
        let mut early = wire.stream().try_clone().unwrap();
        let mut byte = [0];
        early.peek(&mut byte).expect("the answer has begun before the request has ended");
        std::thread::scope(|scope| {
            scope.spawn(|| stream.write_all(rest).unwrap());
            let answer = wire.read().unwrap();
            assert_eq!(answer.status, 200);
            assert!(answer.body == content, "the content has changed");
        });
        early.flush().unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_body_over_the_handlers_limit_is_refused_before_it_is_read() {
    serving(Limits::default(), |address| {
        let mut wire = Wire::to(address);
        wire.write("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000000\r\n\r\n");
        wire.write("a".repeat(2_000));
        let answer = wire.read().unwrap();
        assert_eq!(
            (answer.status, answer.text().as_str()),
            (400, "body is longer than 1024 bytes")
        );
    })
    .await;
}

#[tokio::test]
async fn a_caller_that_sends_on_after_an_early_answer_still_gets_it() {
    serving(Limits::default(), |address| {
        let mut wire = Wire::to(address);
        let length = 64 * 1024 * 1024;
        wire.write(format!("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: {length}\r\n\r\n"));
        let content = vec![7; length];
        wire.stream().try_clone().unwrap().write_all(&content).expect("all of it is taken");
        assert_eq!(wire.read().unwrap().status, 400);
        assert!(wire.read().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_caller_that_sends_on_for_ever_after_an_early_answer_is_cut_off() {
    serving(Limits { linger: SHORT, ..Limits::default() }, |address| {
        let mut wire = Wire::to(address);
        wire.write("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000000000\r\n\r\n");
        let mut stream = wire.stream().try_clone().unwrap();
        while stream.write_all(&[7; 64 * 1024]).is_ok() {}
    })
    .await;
}

#[tokio::test]
async fn a_connection_whose_request_was_read_is_over_with_its_answer() {
    serving(Limits { connections: 1, linger: LONG, ..Limits::default() }, |address| {
        let mut first = Wire::to(address);
        first.write(
            "POST / HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
        );
        assert_eq!(first.read().unwrap().status, 200);
        let mut second = Wire::to(address);
        second.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
        assert_eq!(second.read().unwrap().status, 200);
    })
    .await;
}

#[tokio::test]
async fn callers_beyond_the_limit_of_connections_wait_for_their_turn() {
    serving(Limits { connections: 2, ..Limits::default() }, |address| {
        let mut first = Wire::to(address);
        let mut second = Wire::to(address);
        assert_eq!(first.ask("POST", "/", "a").text(), "a");
        assert_eq!(second.ask("POST", "/", "b").text(), "b");
        let mut third = Wire::to(address);
        third.write("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\n\r\nc");
        drop(first);
        assert_eq!(third.read().unwrap().text(), "c");
    })
    .await;
}

#[tokio::test]
async fn what_is_not_http_is_answered_with_400_and_closed() {
    serving(Limits::default(), |address| {
        for nonsense in
            ["\x16\x03\x01\x02\x00\x01\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"]
        {
            let mut wire = Wire::to(address);
            wire.write(nonsense);
            assert_eq!(wire.read().unwrap().status, 400, "{nonsense:?}");
            assert!(wire.read().is_none());
        }
    })
    .await;
}

/// A compile-time check: what the server needs of a handler is what the trait promises.
#[allow(dead_code, reason = "compiling is the check")]
fn serving_is_send(server: HttpServer<Echo>) -> impl Future<Output = ()> + Send {
    server.serve(std::future::pending())
}
