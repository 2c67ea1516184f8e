use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use headgate_core::{Body, BodyError, Handler};
use http::{Request, Response};
use http_body::{Body as _, Frame};

use crate::town::{ORDERS, Town, get, now};

/// A body of `left` chunks of a mebibyte each, which counts those that were asked for.
struct Chunks {
    left: usize,
    asked: Arc<AtomicUsize>,
    breaks_off: bool,
}

impl http_body::Body for Chunks {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.left == 0 {
            let error = io::Error::new(io::ErrorKind::ConnectionReset, "broken off");
            return Poll::Ready(self.breaks_off.then_some(Err(error)));
        }
        self.left -= 1;
        self.asked.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[7; 1024 * 1024])))))
    }
}

fn next(body: &mut Body) -> Option<Result<usize, BodyError>> {
    let mut context = Context::from_waker(Waker::noop());
    match Pin::new(body).poll_frame(&mut context) {
        Poll::Ready(frame) => {
            frame.map(|frame| frame.map(|frame| frame.into_data().unwrap().len()))
        }
        Poll::Pending => panic!("the body is there"),
    }
}

#[test]
fn both_bodies_stream_whatever_their_length() {
    const CHUNKS: usize = 3_000;
    let town = Town::new(ORDERS);
    let function = town.function();
    // The backend sends back what it is sent, as it comes.
    town.net.serves("orders.example", |request| Ok(Response::new(request.into_body())));
    let asked = Arc::new(AtomicUsize::new(0));
    let upload = Chunks { left: CHUNKS, asked: Arc::clone(&asked), breaks_off: false };
    let request = Request::post("/proxy/orders/a").body(Body::stream(upload)).unwrap();
    let mut body = now(function.handle(request)).into_body();
    assert_eq!(asked.load(Ordering::Relaxed), 0, "the head is there before the body");
    for number in 1..=CHUNKS {
        assert_eq!(next(&mut body).unwrap().unwrap(), 1024 * 1024);
        assert_eq!(asked.load(Ordering::Relaxed), number, "nothing is gathered");
    }
    assert!(next(&mut body).is_none());
}

fn breaking(town: &Town, document_breaks_off: bool) {
    town.net.serves("orders.example", move |_| {
        let asked = Arc::default();
        let body = Chunks { left: 2, asked, breaks_off: document_breaks_off };
        Ok(Response::new(Body::stream(body)))
    });
}

#[test]
fn a_response_that_breaks_off_counts_and_a_caller_that_leaves_does_not() {
    let document = ORDERS.replace(
        "statusCodeRanges = [{ min = 500, max = 599 }]",
        r#"errorReasons = ["BackendConnectionFailure"]"#,
    );
    let town = Town::new(&document);
    let function = town.function();
    breaking(&town, true);
    let take = || {
        let request = Request::get("/proxy/orders/a").body(Body::empty()).unwrap();
        now(function.handle(request)).into_body()
    };
    for _ in 0..5 {
        let mut body = take();
        assert!(next(&mut body).unwrap().is_ok());
    }
    assert!(town.store.history().is_empty(), "the caller left");
    for _ in 0..3 {
        let mut body = take();
        assert!(next(&mut body).unwrap().is_ok());
        assert!(next(&mut body).unwrap().is_ok());
        assert!(matches!(next(&mut body), Some(Err(BodyError::BrokenOff(_)))));
        assert!(next(&mut body).is_none());
    }
    assert_eq!(town.net.event_types(), ["Opened"]);
    assert_eq!(get(&function, "/proxy/orders/a").result(), "CircuitOpen");
}

#[test]
fn a_response_that_comes_whole_is_no_failure() {
    let town = Town::new(ORDERS);
    let function = town.function();
    breaking(&town, false);
    for _ in 0..5 {
        assert_eq!(get(&function, "/proxy/orders/a").body.len(), 2 * 1024 * 1024);
    }
    assert!(town.store.history().is_empty());
}
