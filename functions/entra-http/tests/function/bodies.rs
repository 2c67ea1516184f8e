use std::pin::Pin;
use std::task::{Context, Poll};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use headgate_core::{Body, BodyError};
use headgate_fakes::Answered;
use http::Request;
use http_body::Frame;

use crate::town::{Function, ORDERS, Town, request, send};

/// A body in pieces, whose length nobody says.
struct Pieces(Vec<Bytes>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        let piece = self.0.remove(0);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

fn streamed(function: &Function, text: &str, piece: usize) -> Answered {
    let pieces = text.as_bytes().chunks(piece).map(Bytes::copy_from_slice).collect();
    let mut asked = request("POST", "/orders/orders", "");
    *asked.body_mut() = Body::stream(Pieces(pieces));
    send(function, asked)
}

fn with(keys: &str) -> String {
    ORDERS.replace("credential", &format!("{keys}\ncredential"))
}

fn post(function: &Function, body: &str) -> Answered {
    send(function, request("POST", "/orders/orders", body))
}

#[test]
fn base64_is_decoded_whether_it_is_kept_or_streamed() {
    let town = Town::new(&with("body = \"base64\""));
    let function = town.function();
    let bytes: Vec<u8> = (0..200_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    let text = STANDARD.encode(&bytes);
    assert_eq!(post(&function, "QUJDRA==").status, 200);
    assert_eq!(post(&function, "QUJDRA").status, 200);
    assert_eq!(post(&function, &text).status, 200);
    assert_eq!(streamed(&function, &text, 777).status, 200);
    let sent = town.net.sent();
    assert_eq!(sent[0].body, "ABCD");
    assert_eq!(sent[1].body, "ABCD");
    assert!(sent[2].body == bytes && sent[3].body == bytes);
    // The length that the caller said is that of the text.
    assert!(sent.iter().all(|sent| sent.header("content-length").is_none()));
}

#[test]
fn what_is_no_base64_is_refused() {
    let town = Town::new(&with("body = \"base64\""));
    let function = town.function();
    for text in ["QUJD\nRA==", "{\"a\":1}", "QUJDR", "QUJDRA=", "QUJDRB=="] {
        let answered = post(&function, text);
        assert_eq!((answered.status.as_u16(), answered.result()), (400, "BodyNotBase64"), "{text}");
    }
    assert!(town.net.sent().is_empty());
    let long = format!("{}*", "QUJD".repeat(50_000));
    assert_eq!(streamed(&function, &long, 1_000).result(), "BodyNotBase64");
}

#[test]
fn a_body_over_the_limit_is_refused() {
    let town = Town::new(&with("request-bytes = 100000"));
    let function = town.function();
    assert_eq!(post(&function, &"x".repeat(100_000)).status, 200);
    let refused = post(&function, &"x".repeat(100_001));
    assert_eq!((refused.status.as_u16(), refused.result()), (413, "BodyTooLong"));
    assert_eq!(streamed(&function, &"x".repeat(100_000), 999).status, 200);
    assert_eq!(streamed(&function, &"x".repeat(100_001), 999).status, 413);
    assert_eq!(town.net.sent().len(), 2);
    let town = Town::new(&with("request-bytes = 4\nbody = \"base64\""));
    let function = town.function();
    assert_eq!(post(&function, "QUJDRA==").status, 200);
    assert_eq!(post(&function, "QUJDREU=").status, 413);
    assert_eq!(streamed(&function, "QUJDREU=", 1).status, 413);
}

#[test]
fn an_answer_over_the_limit_is_withheld_or_breaks_off() {
    let town = Town::new(&with("response-bytes = 10"));
    let function = town.function();
    town.net
        .serves(|_| Ok(crate::net::with_headers(200, &[("content-length", "11")], "12345678901")));
    assert_eq!(crate::town::get(&function, "/orders/orders").result(), "AnswerTooLong");
    town.net.serves(|_| Ok(crate::net::answer(200, "12345678901")));
    let response = crate::town::now(headgate_core::Handler::handle(
        &function,
        request("GET", "/orders/orders", ""),
    ));
    assert_eq!(response.status(), 200);
    assert!(crate::town::now(response.into_body().read(100)).is_err());
    town.net.serves(|_| Ok(crate::net::answer(200, "1234567890")));
    assert_eq!(crate::town::get(&function, "/orders/orders").body, "1234567890");
}

#[test]
fn a_get_has_no_body_unless_it_says_so() {
    let town = Town::new(ORDERS);
    let function = town.function();
    let asked = Request::get("/orders/orders").body(Body::from("stray")).unwrap();
    assert_eq!(send(&function, asked).status, 200);
    assert!(town.net.sent()[0].body.is_empty());
}

#[test]
fn an_invocation_carries_method_headers_and_body() {
    let town = Town::new(ORDERS);
    let function = town.function();
    let body = r#"{"method":"POST","url":"orders/1?a=b","headers":{"Content-Type":"text/plain","Authorization":"Bearer mine","Content-Length":"9"},"body":"text"}"#;
    let answered = send(&function, request("POST", "/orders/codeless/InvokeHttp", body));
    assert_eq!((answered.status.as_u16(), answered.body.as_str()), (200, "answer"));
    let sent = town.net.sent().remove(0);
    assert_eq!(
        (sent.method.as_str(), sent.uri.to_string().as_str()),
        ("POST", "https://orders.example/v1/orders/1?a=b")
    );
    assert_eq!((&sent.body[..], sent.header("content-type")), (&b"text"[..], Some("text/plain")));
    assert_eq!(
        (sent.header("authorization"), sent.header("content-length")),
        (Some("Bearer token-1"), None)
    );
    for body in [
        "",
        "[]",
        r#"{"url":"orders"}"#,
        r#"{"method":"GET"}"#,
        r#"{"method":"a b","url":"orders"}"#,
        r#"{"method":"GET","url":"orders","headers":{"a b":"c"}}"#,
        r#"{"method":"GET","url":"orders","headers":{"a":"b\r\nc:d"}}"#,
    ] {
        let answered = send(&function, request("POST", "/orders/codeless/InvokeHttp", body));
        assert_eq!(answered.result(), "RequestInvalid", "{body}");
    }
    let decoded = Town::new(&with("body = \"base64\""));
    let body = r#"{"method":"POST","url":"/orders","body":"QUJDRA=="}"#;
    send(&decoded.function(), request("POST", "/orders/codeless/InvokeHttp", body));
    assert_eq!(decoded.net.sent()[0].body, "ABCD");
}
