//! What is asked of one backend, one request after the other. Each is asked again until it is answered, in whatever life of
//! the process, and does then what it did the first time or nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use headgate_tests::breaker::{Answer, Instance};
use serde_json::{Value, json};

use crate::account::Account;

/// One backend of one victim, and how far it has come.
pub(crate) struct Lane {
    kind: Kind,
    pub(crate) account: Account,
    next: Next,
    number: usize,
}

/// How a backend is opened and closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// By hand, both.
    Hand,
    /// By reports of three failures, and by hand.
    Reported,
    /// By the report of one failure, and by time.
    Brief,
    /// By requests that fail behind the proxy, and by time. Its outcomes are stored after the answer, so some are lost
    /// with the process; what they have done is not.
    Proxied,
}

/// What is asked next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Open,
    Look,
    Close,
}

/// The process is gone.
#[derive(Debug)]
pub(crate) struct Gone;

/// How many requests of a victim are under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnderWay(Arc<AtomicUsize>);

impl UnderWay {
    pub(crate) fn count(&self) -> usize {
        self.0.load(SeqCst)
    }

    /// Asks for something; what is not answered 200 is to be asked again.
    pub(crate) async fn ask(
        &self,
        asked: impl Future<Output = Result<Answer, String>>,
    ) -> Result<Option<Value>, Gone> {
        self.0.fetch_add(1, SeqCst);
        let answer = asked.await;
        self.0.fetch_sub(1, SeqCst);
        match answer {
            Ok(Answer { status: 200, body }) => Ok(Some(body)),
            // A store that was too slow, on a busy machine.
            Ok(Answer { status: 503, .. }) => Ok(None),
            Ok(other) => panic!("{other:?}"),
            Err(_) => Err(Gone),
        }
    }
}

pub(crate) fn lanes() -> Vec<Lane> {
    let lane = |kind, backend, rule| Lane {
        kind,
        account: Account { backend, rule, ..Account::default() },
        next: Next::Open,
        number: 0,
    };
    vec![
        lane(Kind::Hand, "hand", "manual"),
        lane(Kind::Reported, "reported", "failures"),
        lane(Kind::Brief, "brief", "failures"),
        lane(Kind::Proxied, "proxied", "failures"),
    ]
}

impl Lane {
    /// Goes on until the process is gone.
    pub(crate) async fn drive(&mut self, instance: &Instance, under_way: &UnderWay) {
        while self.step(instance, under_way).await.is_ok() {}
    }

    /// Goes on until nothing is unanswered and the circuit is closed. What was asked last may be done without an answer, so
    /// it opens once more at least.
    pub(crate) async fn come_to_rest(&mut self, instance: &Instance, under_way: &UnderWay) {
        let mut has_opened = false;
        while !has_opened || self.next != Next::Open {
            has_opened |= self.next != Next::Open;
            self.step(instance, under_way).await.expect("nobody kills it any more");
        }
    }

    async fn step(&mut self, instance: &Instance, under_way: &UnderWay) -> Result<(), Gone> {
        let backend = self.account.backend;
        match (self.kind, self.next) {
            (Kind::Proxied, Next::Open) => {
                // Not repeatable: each may have opened it once, and nobody says.
                self.account.unsure += 1;
                let called = instance.get("/proxy/proxied/orders").await;
                let answer = called.map_err(|_| Gone)?;
                assert!([502, 503].contains(&answer.status), "{answer:?}");
                self.next = Next::Look;
            }
            (_, Next::Open) => {
                let (path, body) = match self.kind {
                    Kind::Hand => ("/backends/hand:trip", String::new()),
                    _ => ("/outcomes", self.report()),
                };
                if under_way.ask(instance.post(path, &body)).await?.is_some() {
                    self.account.opened += 1;
                    self.next = Next::Look;
                }
            }
            (_, Next::Look) => {
                let path = format!("/backends/{backend}");
                if let Some(shown) = under_way.ask(instance.get(&path)).await? {
                    self.look(&shown);
                }
            }
            (_, Next::Close) => {
                let path = format!("/backends/{backend}:reset");
                if let Some(shown) = under_way.ask(instance.post(&path, "")).await? {
                    assert_eq!(shown["state"], "closed");
                    self.account.closed += 1;
                    self.begin_anew();
                }
            }
        }
        Ok(())
    }

    fn look(&mut self, shown: &Value) {
        let is_open = shown["state"] == "open";
        let rule = shown["rules"].as_array().unwrap().iter().find(|rule| rule["state"] == "open");
        if let Some(rule) = rule {
            assert_eq!(rule["name"], self.account.rule);
            self.account.opened_at.insert(rule["openedAt"].as_str().unwrap().to_owned());
        }
        match self.kind {
            Kind::Hand | Kind::Reported => {
                assert!(is_open, "what was answered is so: {shown}");
                self.next = Next::Close;
            }
            Kind::Brief if !is_open => {
                self.account.closed += 1;
                self.begin_anew();
            }
            Kind::Proxied if !is_open => self.begin_anew(),
            Kind::Brief | Kind::Proxied => {}
        }
    }

    fn begin_anew(&mut self) {
        self.number += 1;
        self.next = Next::Open;
    }

    fn report(&self) -> String {
        let failures = if self.kind == Kind::Reported { 3 } else { 1 };
        let outcomes = (0..failures).map(|part| {
            let id = format!("{}-{part}", self.number);
            json!({ "backend": self.account.backend, "id": id, "status": 500 })
        });
        Value::from_iter(outcomes).to_string()
    }
}
