//! A process that is killed and started again, and those that drive it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::{join_all, join3};
use headgate_tests::breaker::{EventSink, Instance, Treatment, start_native};
use headgate_tests::dice::Dice;
use headgate_tests::host::{Process, RUNTIME};
use tempfile::TempDir;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::account::{Account, OPENED};
use crate::lane::{Lane, UnderWay, lanes};

/// The sinks that all victims share; each has a path of its own there.
pub(crate) struct Sinks {
    pub(crate) moody: EventSink,
    pub(crate) refusing: EventSink,
}

/// What was under way when a process was killed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Killed {
    /// Requests to it.
    pub(crate) asking: usize,
    /// Deliveries that had reached a sink.
    pub(crate) delivering: usize,
}

pub(crate) struct Victim {
    number: u64,
    pub(crate) path: String,
    lanes: Vec<Lane>,
    under_way: UnderWay,
    dice: Dice,
    variables: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    running: Option<(Process, Instance)>,
    _backend: EventSink,
    _state: TempDir,
}

/// How long the whole of what is left may take to arrive: a few steps of the schedule, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

impl Victim {
    pub(crate) fn new(number: u64, sinks: &Sinks) -> Self {
        let state = tempfile::tempdir().unwrap();
        let path = format!("/victims/{number}");
        let text = |name: &str, value: String| (name.to_owned(), value);
        // Nobody listens there.
        let backend = EventSink::closed(|_| Treatment::Fail);
        let variables = BTreeMap::from([
            text("backends", backends(&format!("http://{}", backend.address()))),
            text("sinks", documented(sinks, &path)),
            text("source", path.clone()),
            text("access", "anonymous".to_owned()),
        ]);
        let folder = state.path().to_str().unwrap().to_owned();
        Self {
            number,
            path,
            lanes: lanes(),
            under_way: UnderWay::default(),
            dice: Dice::new(number),
            variables,
            environment: BTreeMap::from([text("HEADGATE_STATE_DIR", folder)]),
            running: None,
            _backend: backend,
            _state: state,
        }
    }

    pub(crate) fn source(&self) -> String {
        self.path.clone()
    }

    pub(crate) fn accounts(&self) -> Vec<Account> {
        self.lanes.iter().map(|lane| lane.account.clone()).collect()
    }

    fn start(&self) -> (Process, Instance) {
        start_native(&self.variables, &self.environment).unwrap()
    }

    /// One life: it is driven, and killed at a random moment.
    pub(crate) fn live_and_die(&mut self, sinks: &Sinks) -> Killed {
        let (process, instance) = self.start();
        let moment = Duration::from_micros(10_000 + self.dice.below(500_000));
        let (under_way, path) = (self.under_way.clone(), self.path.clone());
        // All on one task: should the test fail, the process ends with it.
        let killer = async move {
            sleep(moment).await;
            let asking = under_way.count();
            let delivering = sinks.moody.held(&path) + sinks.refusing.held(&path);
            drop(process);
            Killed { asking, delivering }
        };
        let under_way = &self.under_way;
        let lanes = self.lanes.iter_mut().map(|lane| lane.drive(&instance, under_way));
        let (_, (), killed) = RUNTIME.block_on(join3(join_all(lanes), tick(&instance), killer));
        killed
    }

    /// A last life, in which everything that was begun is brought to its end.
    pub(crate) async fn come_to_rest(&mut self) {
        let (process, instance) = self.start();
        for lane in &mut self.lanes {
            lane.come_to_rest(&instance, &self.under_way).await;
        }
        self.running = Some((process, instance));
    }

    /// Ticks until each sink has everything that must come, and nothing is in the outbox.
    pub(crate) async fn empty_its_outbox(&self, sinks: &Sinks) {
        let (_, instance) = self.running.as_ref().unwrap();
        let mut scheduler = interval(Duration::from_secs(1));
        let empty = async {
            // What the last requests behind the proxy have done is stored by then.
            scheduler.tick().await;
            loop {
                scheduler.tick().await;
                instance.post("/tick", "").await.unwrap();
                let outbox = instance.get("/outbox").await.unwrap();
                let is_empty = outbox.body["outbox"].as_array().unwrap().is_empty();
                if is_empty && self.has_all(&sinks.moody) && self.has_all(&sinks.refusing) {
                    return;
                }
            }
        };
        let emptied = tokio::time::timeout(PATIENCE, empty).await;
        if emptied.is_err() {
            let outbox = instance.get("/outbox").await.unwrap().body;
            let got = [&sinks.moody, &sinks.refusing].map(|sink| self.ids(sink));
            panic!(
                "victim {} lacks events: {:#?}, {got:?} opened and closed, {outbox:#}",
                self.number,
                self.accounts()
            );
        }
        let letters = instance.get("/dead-letters").await.unwrap();
        assert_eq!(letters.body["deadLetters"], serde_json::json!([]));
    }

    /// Whether as many events have come as must. Which they are is checked afterwards.
    fn has_all(&self, sink: &EventSink) -> bool {
        let (opened, closed) = self.ids(sink);
        let accounts = self.accounts();
        let least: usize = accounts.iter().map(|account| account.opened + account.closed).sum();
        opened == closed && opened + closed >= least
    }

    /// How many events of each type a sink has taken.
    fn ids(&self, sink: &EventSink) -> (usize, usize) {
        let taken = sink.taken();
        let own = taken.iter().filter(|taken| taken.path == self.path);
        let ids: BTreeSet<_> =
            own.map(|own| (own.event["id"].as_str(), own.event["type"] == OPENED)).collect();
        let opened = ids.iter().filter(|(_, is_opened)| *is_opened).count();
        (opened, ids.len() - opened)
    }
}

/// Asks for ticks as a scheduler does that is in a hurry, until the process is gone.
async fn tick(instance: &Instance) {
    let mut scheduler = interval(Duration::from_millis(40));
    scheduler.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        scheduler.tick().await;
        if instance.post("/tick", "").await.is_err() {
            return;
        }
    }
}

fn backends(url: &str) -> String {
    let rule = |name: &str, count: u32, duration: &str| {
        format!(
            "[backends.{name}]\nurl = \"{url}\"\n[[backends.{name}.circuitBreaker.rules]]\nname = \"failures\"\n\
             tripDuration = \"{duration}\"\n[backends.{name}.circuitBreaker.rules.failureCondition]\n\
             count = {count}\ninterval = \"PT1H\"\nstatusCodeRanges = [{{ min = 500, max = 599 }}]\n",
        )
    };
    [
        format!("[backends.hand]\nurl = \"{url}\"\n"),
        rule("reported", 3, "PT1H"),
        rule("brief", 1, "PT0.1S"),
        rule("proxied", 2, "PT0.1S"),
    ]
    .concat()
}

fn documented(sinks: &Sinks, path: &str) -> String {
    let sink = |name: &str, sink: &EventSink| {
        format!(
            "[{name}]\nkind = \"webhook\"\nurl = \"http://{}{path}\"\nconnect-timeout-seconds = 1\n\
             timeout-seconds = 1\n",
            sink.address()
        )
    };
    sink("moody", &sinks.moody) + &sink("refusing", &sinks.refusing)
}
