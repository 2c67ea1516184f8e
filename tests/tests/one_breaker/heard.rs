//! What the sink hears of the trips.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use headgate_tests::breaker::{Delivery, EventSink, Instance};
use serde_json::json;
use tokio::time::{interval, timeout};

use crate::fleet::Fleet;

const OPENED: &str = "Microsoft.ApiManagement.CircuitBreaker.Opened";
const CLOSED: &str = "Microsoft.ApiManagement.CircuitBreaker.Closed";

/// How long an event may take: a lease that ran out, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The events so far.
pub(crate) struct Heard<'t> {
    fleet: &'t Fleet,
    sink: &'t EventSink,
    opened: usize,
    closed: usize,
}

/// The ids of the events of each type.
fn ids(taken: &[Delivery]) -> BTreeMap<String, BTreeSet<String>> {
    let mut ids: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for Delivery { event, .. } in taken {
        let text = |name: &str| event[name].as_str().unwrap().to_owned();
        ids.entry(text("type")).or_default().insert(text("id"));
    }
    ids
}

fn count(taken: &[Delivery], event_type: &str) -> usize {
    ids(taken).get(event_type).map_or(0, BTreeSet::len)
}

impl<'t> Heard<'t> {
    pub(crate) fn new(fleet: &'t Fleet, sink: &'t EventSink) -> Self {
        Self { fleet, sink, opened: 0, closed: 0 }
    }

    /// Waits for one more `Opened`.
    pub(crate) async fn next_opened(&mut self) {
        self.opened += 1;
        self.wait().await;
    }

    /// Waits for one more `Closed`.
    pub(crate) async fn next_closed(&mut self) {
        self.closed += 1;
        self.wait().await;
    }

    /// Waits until as many have come as must, and finds no more.
    async fn wait(&self) {
        let enough = self.sink.once(|taken| {
            count(taken, OPENED) >= self.opened && count(taken, CLOSED) >= self.closed
        });
        // What an instance could not deliver at once comes with a tick.
        let scheduler = async {
            let mut second = interval(Duration::from_secs(1));
            second.tick().await;
            for instance in self.fleet.instances.iter().cycle() {
                second.tick().await;
                instance.post("/tick", "").await.unwrap();
            }
        };
        let came = timeout(PATIENCE, async {
            tokio::select! { () = enough => {}, () = scheduler => {} }
        });
        assert!(
            came.await.is_ok(),
            "{:?} of {} and {}",
            ids(&self.sink.taken()),
            self.opened,
            self.closed
        );
        self.check();
    }

    fn check(&self) {
        let taken = self.sink.taken();
        let counts = (count(&taken, OPENED), count(&taken, CLOSED));
        assert_eq!(counts, (self.opened, self.closed), "opened and closed");
    }

    /// Nothing comes after the last, wherever somebody looks for it; and they came in turns.
    pub(crate) async fn check_the_end(&self) {
        for instance in &self.fleet.instances {
            let emptied = timeout(PATIENCE, empty_its_outbox(instance)).await;
            assert!(emptied.is_ok(), "{instance:?} still has events");
            let letters = instance.get("/dead-letters").await.unwrap();
            assert_eq!(letters.body["deadLetters"], json!([]));
        }
        self.check();
        let taken = self.sink.taken();
        let mut by_time: Vec<_> = taken
            .iter()
            .map(|Delivery { event, .. }| {
                let text = |name: &str| event[name].as_str().unwrap();
                (text("time"), text("type"), text("id"))
            })
            .collect();
        by_time.sort_by_key(|(time, ..)| *time);
        by_time.dedup();
        for (number, (_, event_type, _)) in by_time.iter().enumerate() {
            assert_eq!(*event_type, if number.is_multiple_of(2) { OPENED } else { CLOSED });
        }
    }
}

/// An entry is deleted a moment after the sink has its event.
async fn empty_its_outbox(instance: &Instance) {
    let mut scheduler = interval(Duration::from_millis(200));
    loop {
        scheduler.tick().await;
        instance.post("/tick", "").await.unwrap();
        if instance.get("/outbox").await.unwrap().body["outbox"] == json!([]) {
            return;
        }
    }
}
