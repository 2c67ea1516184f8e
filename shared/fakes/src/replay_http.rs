use std::sync::{Arc, Mutex};

use headgate_core::{Body, HttpClient, HttpError, Timeout};
use http::{Method, Request, Response};

use crate::{Answer, unpoisoned::lock};

/// An `HttpClient` that knows a list of requests and the answer to each.
///
/// A request is known by its method and its whole address. One that is not on the list, or that comes more often than
/// the list says, gets [`HttpError::NotAllowed`] and fails the test when the last clone is dropped; so does a request on
/// the list that did not come. Requests to one address are answered in the list's order.
///
/// ```
/// use headgate_fakes::{Answer, ReplayHttp};
///
/// let http = ReplayHttp::new();
/// http.get("https://issuer.example/keys").once(Answer::json(r#"{"keys":[]}"#));
/// # http.forget();
/// ```
#[derive(Clone, Debug, Default)]
pub struct ReplayHttp(Arc<Exchange>);

#[derive(Debug, Default)]
struct Exchange(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    expected: Vec<Expected>,
    refused: Vec<String>,
    sent: Vec<String>,
}

#[derive(Debug)]
struct Expected {
    request: String,
    answer: Answer,
    /// How often it may still come; `None`: any number of times, none included.
    left: Option<usize>,
}

/// A request that is about to be put on a [`ReplayHttp`]'s list.
#[derive(Debug)]
#[must_use = "say how often it comes"]
pub struct Expectation<'a> {
    http: &'a ReplayHttp,
    request: String,
}

impl ReplayHttp {
    /// Makes a client that knows no request.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins to tell a `GET` of `address`.
    pub fn get(&self, address: &str) -> Expectation<'_> {
        self.on(&Method::GET, address)
    }

    /// Begins to tell a request of `method` to `address`.
    pub fn on(&self, method: &Method, address: &str) -> Expectation<'_> {
        Expectation { http: self, request: format!("{method} {address}") }
    }

    /// How many requests have come, the refused ones included.
    #[must_use]
    pub fn count(&self) -> usize {
        lock(&self.0.0).sent.len()
    }

    /// How many `GET`s of `address` have come, the refused ones included.
    #[must_use]
    pub fn count_of(&self, address: &str) -> usize {
        let request = format!("{} {address}", Method::GET);
        lock(&self.0.0).sent.iter().filter(|sent| **sent == request).count()
    }

    /// Drops what is still on the list, so that the test may tell it anew.
    pub fn forget(&self) {
        lock(&self.0.0).expected.clear();
    }
}

impl Expectation<'_> {
    /// Expects the request exactly once.
    pub fn once(self, answer: Answer) {
        self.expect(answer, Some(1));
    }

    /// Expects the request exactly `count` times.
    pub fn times(self, count: usize, answer: Answer) {
        self.expect(answer, Some(count));
    }

    /// Allows the request any number of times, none included.
    pub fn any_number_of_times(self, answer: Answer) {
        self.expect(answer, None);
    }

    fn expect(self, answer: Answer, left: Option<usize>) {
        lock(&self.http.0.0).expected.push(Expected { request: self.request, answer, left });
    }
}

impl State {
    fn answer(&mut self, request: &str) -> Option<Answer> {
        self.sent.push(request.to_owned());
        let known = self.expected.iter_mut().find(|expected| {
            expected.request == request && expected.left.is_none_or(|left| left > 0)
        });
        let Some(known) = known else {
            self.refused.push(request.to_owned());
            return None;
        };
        known.left = known.left.map(|left| left - 1);
        Some(known.answer.clone())
    }

    fn missing(&self) -> Vec<&str> {
        let missing = self.expected.iter().filter(|expected| expected.left > Some(0));
        missing.map(|expected| expected.request.as_str()).collect()
    }
}

impl HttpClient for ReplayHttp {
    async fn send(
        &self,
        request: Request<Body>,
        _timeout: Timeout,
    ) -> Result<Response<Body>, HttpError> {
        let request = format!("{} {}", request.method(), request.uri());
        let answer = lock(&self.0.0).answer(&request);
        match answer {
            Some(answer) => answer.give().await,
            None => Err(HttpError::NotAllowed(format!("{request} was not expected"))),
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        // A second panic would abort the process and hide the first.
        if std::thread::panicking() {
            return;
        }
        let state = lock(&self.0);
        assert!(state.refused.is_empty(), "requests not expected: {:?}", state.refused);
        let missing = state.missing();
        assert!(missing.is_empty(), "requests expected and not sent: {missing:?}");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt;
    use headgate_core::BodyError;
    use http::StatusCode;

    use super::*;
    use crate::Gate;

    const KEYS: &str = "https://issuer.example/keys";

    async fn get(http: &ReplayHttp, address: &str) -> Result<Response<Body>, HttpError> {
        let request = Request::get(address).body(Body::empty()).unwrap();
        http.send(request, Timeout::each(Duration::from_secs(1))).await
    }

    fn now(http: &ReplayHttp, address: &str) -> Result<Response<Body>, HttpError> {
        get(http, address).now_or_never().expect("an answer without a gate comes at once")
    }

    #[test]
    fn a_known_request_gets_its_answers_in_order_and_is_counted() {
        let http = ReplayHttp::new();
        http.get(KEYS).once(Answer::json("{}"));
        http.get(KEYS).once(Answer::status(StatusCode::BAD_GATEWAY));
        assert_eq!(now(&http, KEYS).unwrap().status(), 200);
        assert_eq!(now(&http, KEYS).unwrap().status(), 502);
        assert_eq!((http.count(), http.count_of(KEYS), http.count_of("https://a/")), (2, 2, 0));
    }

    #[test]
    #[should_panic(expected = "not expected: [\"GET https://other.example/\"]")]
    fn an_unknown_request_is_refused_and_fails_the_test() {
        let http = ReplayHttp::new();
        assert!(matches!(now(&http, "https://other.example/"), Err(HttpError::NotAllowed(_))));
    }

    #[test]
    #[should_panic(expected = "not expected")]
    fn a_request_that_comes_once_too_often_fails_the_test() {
        let http = ReplayHttp::new();
        http.get(KEYS).once(Answer::json("{}"));
        assert!(now(&http, KEYS).is_ok());
        assert!(now(&http, KEYS).is_err());
    }

    #[test]
    #[should_panic(expected = "expected and not sent: [\"GET https://issuer.example/keys\"]")]
    fn a_request_that_does_not_come_fails_the_test() {
        ReplayHttp::new().get(KEYS).once(Answer::json("{}"));
    }

    #[test]
    fn an_answer_behind_a_gate_comes_when_the_test_lets_it() {
        let http = ReplayHttp::new();
        let gate = Gate::closed();
        http.get(KEYS).once(Answer::json("{}").after(gate.clone()));
        let mut call = Box::pin(get(&http, KEYS));
        assert!(call.as_mut().now_or_never().is_none());
        gate.open_for(1);
        assert_eq!(call.now_or_never().unwrap().unwrap().status(), 200);
    }

    #[test]
    fn a_failure_and_a_broken_body_are_given_as_told() {
        let http = ReplayHttp::new();
        http.get(KEYS).once(Answer::fails(|| HttpError::TimedOut));
        http.get(KEYS).once(Answer::json("{\"ke").that_breaks_off());
        http.get(KEYS).any_number_of_times(Answer::hangs());
        assert!(matches!(now(&http, KEYS), Err(HttpError::TimedOut)));
        let body = now(&http, KEYS).unwrap().into_body().read(100).now_or_never().unwrap();
        assert!(matches!(body, Err(BodyError::BrokenOff(_))));
        assert!(get(&http, KEYS).now_or_never().is_none());
    }
}
