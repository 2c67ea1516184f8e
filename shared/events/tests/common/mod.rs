//! What the tests of the outbox share: a world of fakes, and a function that lives in it.
#![allow(dead_code, unused_imports, reason = "each test uses a part of it")]

mod sink_server;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use headgate_core::{Clock, KeyValue, Swap, Timestamp};
use headgate_events::{
    DeadLetter, Event, Limits, Outbox, OutboxPorts, Outlets, PrintError, Recorded, Sinks,
};
use headgate_fakes::{
    CountingRandom, FixedVariables, ManualClock, MemoryDiagnostics, MemoryKeyValue,
};

pub(crate) use headgate_fakes::{Crash, UnsteadyKeyValue, interleaved, now};
pub(crate) use sink_server::SinkServer;

pub(crate) const START: Timestamp = Timestamp::from_secs(1_743_554_868);

/// Two webhooks that get everything.
pub(crate) const TWO_WEBHOOKS: &str = r#"
[audit]
kind = "webhook"
url = "https://audit.example/events"

[pager]
kind = "webhook"
url = "https://pager.example/"
"#;

/// The key of the function's state.
pub(crate) const STATE: &str = "circuits/orders";

pub(crate) type TestOutbox<K> =
    Outbox<SinkServer, K, ManualClock, CountingRandom, MemoryDiagnostics, Lines>;

/// What a process does not take with it when it dies.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) store: MemoryKeyValue,
    pub(crate) sink: SinkServer,
    pub(crate) clock: ManualClock,
    pub(crate) random: CountingRandom,
    pub(crate) diagnostics: MemoryDiagnostics,
    pub(crate) lines: Lines,
    pub(crate) sinks: Sinks,
}

/// One webhook that gets everything.
pub(crate) const ONE_WEBHOOK: &str = r#"
[audit]
kind = "webhook"
url = "https://audit.example/events"
"#;

impl World {
    pub(crate) fn with_sinks(document: &str) -> Self {
        Self {
            store: MemoryKeyValue::new(),
            sink: SinkServer::new(),
            clock: ManualClock::at(START),
            random: CountingRandom::new(),
            diagnostics: MemoryDiagnostics::new(),
            lines: Lines::default(),
            sinks: sinks(document),
        }
    }

    pub(crate) fn outbox(&self) -> TestOutbox<MemoryKeyValue> {
        self.outbox_on(self.store.clone())
    }

    pub(crate) fn outbox_on<K: KeyValue>(&self, key_value: K) -> TestOutbox<K> {
        Outbox::new(
            "test",
            self.sinks.clone(),
            OutboxPorts {
                http: self.sink.clone(),
                key_value,
                clock: self.clock.clone(),
                random: self.random.clone(),
                diagnostics: self.diagnostics.clone(),
                outlets: self.lines.clone(),
            },
        )
    }

    pub(crate) fn keys(&self, prefix: &str) -> Vec<String> {
        now(self.store.list(prefix)).unwrap()
    }

    /// The function's state: how often it has changed.
    pub(crate) fn state(&self) -> u32 {
        match now(self.store.get(STATE)).unwrap() {
            Some(value) => Recorded::decode(&value).unwrap().state,
            None => 0,
        }
    }

    pub(crate) fn dead_letters(&self) -> Vec<DeadLetter> {
        now(self.outbox().dead_letters()).unwrap().items
    }

    /// Lets time pass and ticks come until nothing is on its way any more.
    pub(crate) fn tick_until_quiet(&self) {
        for _ in 0..60 {
            self.clock.advance(Duration::from_secs(60 * 60));
            now(tick(&self.outbox()));
            let recorded = now(self.store.get(STATE)).unwrap();
            let left = recorded
                .is_some_and(|value| Recorded::<u32>::decode(&value).unwrap().events().count() > 0);
            if !left && self.keys("test/outbox/").is_empty() {
                return;
            }
        }
        panic!("still on its way: {:?}", self.keys(""));
    }
}

/// Changes the function's state once, with one event named after the state that results, and delivers it.
///
/// `false` when the store fails before it is known that the state has changed.
pub(crate) async fn change<K: KeyValue>(
    store: &K,
    outbox: &TestOutbox<K>,
    clock: &ManualClock,
) -> bool {
    loop {
        let Ok(before) = store.get(STATE).await else { return false };
        let mut recorded = match &before {
            Some(value) => Recorded::<u32>::decode(value).unwrap(),
            None => Recorded::new(0),
        };
        recorded.state += 1;
        let id = format!("e{}", recorded.state);
        recorded.record(event(&id), clock.now()).unwrap();
        let after = recorded.encode().unwrap();
        match store.compare_and_swap(STATE, before.as_deref(), &after).await {
            Err(_) => return false,
            Ok(Swap::Conflict) => {}
            Ok(Swap::Stored) => {
                let handed = outbox.hand_over(STATE, &[id]).await;
                outbox.deliver(handed).await;
                return true;
            }
        }
    }
}

/// What a function does on a tick.
pub(crate) async fn tick<K: KeyValue>(outbox: &TestOutbox<K>) {
    let handed = outbox.hand_over(STATE, &[]).await;
    outbox.deliver(handed).await;
    outbox.deliver_due(Limits::default()).await;
}

pub(crate) fn event(id: &str) -> Event {
    Event::new(id, "/gateway", "Microsoft.ApiManagement.CircuitBreaker.Opened").unwrap()
}

pub(crate) fn sinks(document: &str) -> Sinks {
    now(Sinks::load(document, &FixedVariables::default())).unwrap()
}

/// The lines on the standard output.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines(pub(crate) Arc<Mutex<Vec<String>>>);

impl Outlets for Lines {
    fn print(&self, line: &str) -> Result<(), PrintError> {
        self.0.lock().unwrap().push(line.to_owned());
        Ok(())
    }
}
