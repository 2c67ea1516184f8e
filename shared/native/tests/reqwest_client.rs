//! The HTTP client against servers of every kind of misbehaviour.

#[cfg(test)]
mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use common::{Process, Wire};
use headgate_core::{Body, BodyError, HttpClient, HttpError, Timeout};
use headgate_native::ReqwestClient;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, StreamBody};
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(100);

/// Serves each connection with `serve` on a thread of its own, for as long as the test runs.
#[cfg(test)]
fn peer(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let serve = Arc::clone(&serve);
            std::thread::spawn(move || serve(stream));
        }
    });
    address
}

/// Reads a request's head.
#[cfg(test)]
fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// Answers every request with these bytes, and keeps the connection.
#[cfg(test)]
fn says(answer: &'static str) -> SocketAddr {
    peer(move |mut stream| {
        while !head(&mut stream).is_empty() {
            stream.write_all(answer.as_bytes()).unwrap();
        }
    })
}

#[cfg(test)]
fn get(uri: impl ToString) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = uri.to_string().parse().unwrap();
    request
}

#[cfg(test)]
async fn send(request: Request<Body>) -> Result<Response<Body>, HttpError> {
    ReqwestClient::new().send(request, Timeout::each(LONG)).await
}

#[tokio::test]
async fn every_status_is_a_response_and_a_redirect_is_not_followed() {
    let moved =
        says("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    let response = send(get(format!("http://{moved}/"))).await.unwrap();
    assert_eq!(response.status(), 302);
    assert_eq!(response.headers()["location"], "http://127.0.0.1:1/");
    let failed = says("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy");
    let response = send(get(format!("http://{failed}/"))).await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.into_body().read(100).await.unwrap(), "busy");
}

#[tokio::test]
async fn a_connection_is_used_again_by_clones() {
    let connections = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let address = peer(move |mut stream| {
        counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        while !head(&mut stream).is_empty() {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
        }
    });
    let client = ReqwestClient::new();
    for _ in 0..5 {
        let request = get(format!("http://{address}/"));
        let response = client.clone().send(request, Timeout::each(LONG)).await.unwrap();
        assert_eq!(response.into_body().read(10).await.unwrap(), "ok");
    }
    assert_eq!(connections.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[tokio::test]
async fn nobody_who_listens_is_unreachable() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = send(get(format!("http://{closed}/?secret=hunter2"))).await.unwrap_err();
    assert!(matches!(error, HttpError::Unreachable(_)), "{error:?}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    let error = send(get("http://no-such-host.invalid/")).await.unwrap_err();
    assert!(matches!(error, HttpError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn a_peer_that_accepts_and_is_silent_runs_into_the_first_byte_timeout() {
    let silent = peer(|mut stream| drop(stream.read_to_end(&mut Vec::new())));
    let timeout = Timeout { first_byte: SHORT, ..Timeout::each(LONG) };
    let client = ReqwestClient::new();
    let error = client.send(get(format!("http://{silent}/")), timeout).await.unwrap_err();
    assert!(matches!(error, HttpError::TimedOut), "{error:?}");
}

#[tokio::test]
async fn a_tls_handshake_that_stops_runs_into_the_connect_timeout_and_not_the_first_bytes() {
    let silent = peer(|mut stream| drop(stream.read_to_end(&mut Vec::new())));
    let client = ReqwestClient::new();
    let timeout = Timeout { connect: SHORT, ..Timeout::each(LONG) };
    let error = client.send(get(format!("https://{silent}/")), timeout).await.unwrap_err();
    assert!(matches!(error, HttpError::TimedOut), "{error:?}");
    // The connection may take longer than the first byte afterwards.
    let timeout = Timeout { connect: 3 * SHORT, first_byte: SHORT, between_bytes: LONG };
    let begun = tokio::time::Instant::now();
    let error = client.send(get(format!("https://{silent}/")), timeout).await.unwrap_err();
    assert!(matches!(error, HttpError::TimedOut), "{error:?}");
    assert!(begun.elapsed() >= 3 * SHORT);
}

#[tokio::test]
async fn a_body_that_falls_silent_or_ends_early_breaks_off() {
    const HALF: &str = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
    let silent = says(HALF);
    let timeout = Timeout { between_bytes: SHORT, ..Timeout::each(LONG) };
    let client = ReqwestClient::new();
    let response = client.send(get(format!("http://{silent}/")), timeout).await.unwrap();
    let error = response.into_body().read(100).await.unwrap_err();
    assert!(matches!(error, BodyError::BrokenOff(_)), "{error:?}");

    let short = peer(|mut stream| {
        head(&mut stream);
        stream.write_all(HALF.as_bytes()).unwrap();
    });
    let response = send(get(format!("http://{short}/?secret=hunter2"))).await.unwrap();
    let error = response.into_body().read(100).await.unwrap_err();
    assert!(matches!(error, BodyError::BrokenOff(_)), "{error:?}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_a_protocol_error() {
    for nonsense in ["220 smtp.example ESMTP\r\n\r\n", "HTTP/1.1 999999 X\r\n\r\n"] {
        let address = says(nonsense);
        let error = send(get(format!("http://{address}/"))).await.unwrap_err();
        assert!(matches!(error, HttpError::Protocol(_)), "{error:?}");
    }
    let closing = peer(|mut stream| drop(head(&mut stream)));
    let error = send(get(format!("http://{closing}/"))).await.unwrap_err();
    assert!(matches!(error, HttpError::Protocol(_)), "{error:?}");
}

#[tokio::test]
async fn an_address_that_is_not_http_or_holds_credentials_is_refused() {
    for uri in ["http://user:hunter2@127.0.0.1/", "ftp://127.0.0.1/", "/relative"] {
        let error = send(get(uri)).await.unwrap_err();
        assert!(matches!(error, HttpError::Protocol(_)), "{error:?}");
        assert!(!error.to_string().contains("hunter2"));
    }
}

#[tokio::test]
async fn only_what_the_request_holds_is_sent() {
    let (sender, heads) = std::sync::mpsc::channel();
    let sender = std::sync::Mutex::new(sender);
    let address = peer(move |mut stream| {
        sender.lock().unwrap().send(head(&mut stream)).unwrap();
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
    });
    let mut request = get(format!("http://{address}/a%20b?c=%2F"));
    request.headers_mut().insert("x-own", "1".parse().unwrap());
    send(request).await.unwrap();
    let sent = heads.recv().unwrap();
    let mut lines: Vec<&str> = sent.lines().filter(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    let host = format!("host: {address}");
    assert_eq!(lines, ["GET /a%20b?c=%2F HTTP/1.1", "accept: */*", &host, "x-own: 1"]);
}

#[tokio::test]
async fn an_empty_post_says_that_it_is_empty_and_an_empty_get_says_nothing() {
    let address = peer(|mut stream| {
        let sent = head(&mut stream);
        let length = sent.lines().find_map(|line| line.strip_prefix("content-length: "));
        let said = length.unwrap_or("-");
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{said}", said.len());
        stream.write_all(answer.as_bytes()).unwrap();
    });
    for (method, said) in
        [(Method::POST, "0"), (Method::PUT, "0"), (Method::GET, "-"), (Method::DELETE, "-")]
    {
        let mut request = get(format!("http://{address}/"));
        *request.method_mut() = method.clone();
        let answered = send(request).await.unwrap().into_body().read(10).await.unwrap();
        assert_eq!(answered, said, "{method}");
    }
}

#[tokio::test]
async fn a_request_body_streams_with_its_length_or_in_chunks_and_its_failure_is_told() {
    let address = peer(|mut stream| {
        let sent = head(&mut stream);
        let length = sent.lines().find_map(|line| line.strip_prefix("content-length: "));
        let kind = length.map_or("chunked".to_owned(), |length| format!("length {length}"));
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{kind}", kind.len());
        let mut taken = vec![0; 3];
        if length.is_some() {
            stream.read_exact(&mut taken).unwrap();
        } else {
            let mut all = Vec::new();
            while !all.ends_with(b"0\r\n\r\n") {
                match stream.read(&mut taken) {
                    Ok(read @ 1..) => all.extend_from_slice(&taken[..read]),
                    _ => return,
                }
            }
        }
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let post = |body: Body| {
        let mut request = get(format!("http://{address}/"));
        *request.method_mut() = Method::POST;
        *request.body_mut() = body;
        request
    };
    let answered = |response: Response<Body>| response.into_body().read(100);
    let response = send(post(Body::from("abc"))).await.unwrap();
    assert_eq!(answered(response).await.unwrap(), "length 3");

    let frames = |last: Result<&'static str, BodyError>| {
        let last = last.map(|text| http_body::Frame::data(Bytes::from(text)));
        let frames = futures_util::stream::iter([Ok(http_body::Frame::data("ab".into())), last]);
        Body::stream(StreamBody::new(frames).boxed_unsync())
    };
    let response = send(post(frames(Ok("c")))).await.unwrap();
    assert_eq!(answered(response).await.unwrap(), "chunked");
    let error = send(post(frames(Err(BodyError::TooLong { limit: 7 })))).await.unwrap_err();
    assert!(matches!(error, HttpError::RequestBody(_)), "{error:?}");
}

#[tokio::test]
async fn ten_megabytes_stream_back_without_being_gathered() {
    let address = peer(|mut stream| {
        head(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n").unwrap();
        for _ in 0..160 {
            stream.write_all(&[7; 65_536]).unwrap();
        }
    });
    let mut body = send(get(format!("http://{address}/"))).await.unwrap().into_body();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let data = frame.unwrap().into_data().unwrap();
        assert!(data.len() < 1024 * 1024);
        length += data.len();
    }
    assert_eq!(length, 10_485_760);
}

#[tokio::test]
async fn a_certificate_is_checked_against_the_hosts_roots() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let address = peer(move |mut stream| {
        let mut tls = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = rustls::Stream::new(&mut tls, &mut stream);
        let mut taken = [0; 1024];
        if stream.read(&mut taken).is_ok() {
            drop(stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n"));
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, made.cert.pem()).unwrap();
    let other = rcgen::generate_simple_self_signed(["other.example".to_owned()]).unwrap();
    let others = folder.path().join("others.pem");
    std::fs::write(&others, other.cert.pem()).unwrap();

    for (roots, expected) in [(roots, 200), (others, 502)] {
        let process = Process::start(
            "workbench",
            &[
                ("PORT", "0"),
                ("HEADGATE_STATE_DIR", "memory"),
                ("SSL_CERT_FILE", roots.to_str().unwrap()),
                // A proxy that is not there, and is not asked for this machine.
                ("HTTPS_PROXY", "http://127.0.0.1:1"),
            ],
        );
        let mut wire = Wire::to(process.ready());
        let answer = wire.ask("POST", "/fetch", &format!("https://{address}/"));
        assert_eq!(answer.status, expected, "{}", answer.text());
        if expected == 502 {
            assert!(answer.text().contains("certificate"), "{}", answer.text());
        }
    }
}
