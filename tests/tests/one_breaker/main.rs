//! Any number of instances make one breaker: native processes and components that share a store, and requests at the same
//! time in one process.
//!
//! Ten thousand outcomes go through random instances, in singles and in batches, some to two instances at once. After each
//! wave every instance must show what the pure model says, and each trip must give one `Opened` and one `Closed`. What is
//! sent is chosen so that neither the order nor the clock decides: failures stay below the threshold or go well above it,
//! and no interval ends meanwhile.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong in a test has to stop it"
)]

mod fleet;
mod heard;
mod model;
mod wave;

use headgate_tests::breaker::{EventSink, Treatment};
use headgate_tests::dice::Dice;
use headgate_tests::host::RUNTIME;
use headgate_tests::peer::{MotoServer, RedisServer};
use serde_json::json;

use fleet::{Fleet, Store};
use heard::Heard;
use model::{Model, THRESHOLD, shown};
use wave::{Effort, Sizes, Wave};

const TRIPS: u64 = 20;
const BY_HAND: usize = 5;

/// Outcomes of a round: two waves that stay below the threshold, and one that goes above it.
const WAVES: [u64; 3] = [200, 200, 100];

struct Story<'t> {
    fleet: &'t Fleet,
    heard: Heard<'t>,
    model: Model,
    dice: Dice,
    sizes: Sizes,
    effort: Effort,
    /// So many outcomes have been sent.
    sent: u64,
}

/// Tells ten thousand outcomes to the fleet, and checks all that it says.
fn is_one_breaker(fleet: &Fleet, sink: &EventSink, sizes: Sizes) {
    let mut story = Story {
        fleet,
        heard: Heard::new(fleet, sink),
        model: Model::new(),
        dice: Dice::new(3),
        sizes,
        effort: Effort::default(),
        sent: 0,
    };
    RUNTIME.block_on(async {
        for _ in 0..TRIPS {
            story.trip_by_failures().await;
            story.reset().await;
        }
        assert_eq!(story.sent, 10_000);
        for _ in 0..BY_HAND {
            story.trip_by_hand().await;
            story.reset().await;
        }
        story.heard.check_the_end().await;
    });
    let Effort { requests, twice, again } = story.effort;
    assert!(twice > requests / 10, "too few outcomes came twice");
    eprintln!("{requests} requests, {twice} of them twice, {again} asked again");
}

impl Story<'_> {
    async fn trip_by_failures(&mut self) {
        // The most that does not trip comes up often.
        let below = 150 + self.dice.below(THRESHOLD - 150);
        let below = if self.dice.one_in(3) { THRESHOLD - 1 } else { below };
        let first = self.dice.below(below / 2);
        for (size, failures) in WAVES.into_iter().zip([first, below - first, WAVES[2]]) {
            let wave = Wave::new(self.sent, size, failures.min(size), &mut self.dice);
            self.sent += size;
            self.effort += wave.send(self.fleet, self.sizes, &mut self.dice).await;
            self.model.take(&wave);
            self.check_states().await;
        }
        self.heard.next_opened().await;
    }

    /// Everybody opens it at once.
    async fn trip_by_hand(&mut self) {
        self.fleet.ask_all("/backends/orders:trip").await;
        self.model.trip();
        self.check_states().await;
        self.heard.next_opened().await;
    }

    /// Everybody closes it at once.
    async fn reset(&mut self) {
        self.fleet.ask_all("/backends/orders:reset").await;
        self.model.reset();
        self.check_states().await;
        self.heard.next_closed().await;
    }

    /// Every instance shows the model's state.
    async fn check_states(&self) {
        let expected = self.model.shown();
        for instance in &self.fleet.instances {
            let answer = instance.get("/backends/orders").await.unwrap();
            assert_eq!(shown(&answer.body), expected, "{instance:?}");
        }
    }
}

fn sink() -> EventSink {
    EventSink::open(|_| Treatment::Take)
}

#[test]
fn four_processes_and_four_components_on_redis_are_one_breaker() {
    let (redis, sink) = (RedisServer::start().unwrap(), sink());
    let fleet = Fleet::start(4, 4, &Store::Redis(redis.url()), &sink);
    is_one_breaker(&fleet, &sink, Sizes::Small);
    // It was this server and no file that they shared.
    let keys = redis.ask(&["DBSIZE"]).unwrap();
    assert!(keys.trim().parse::<u64>().unwrap() > 0, "{keys}");
}

#[test]
fn four_processes_and_four_components_on_dynamo_db_are_one_breaker() {
    let (moto, sink) = (MotoServer::start().unwrap(), sink());
    moto.create_table("headgate").unwrap();
    let fleet = Fleet::start(4, 4, &Store::DynamoDb("headgate", &moto), &sink);
    is_one_breaker(&fleet, &sink, Sizes::Large);
    let scan = json!({ "TableName": "headgate" });
    let found = moto.call("dynamodb", "DynamoDB_20120810.Scan", &scan).unwrap();
    assert!(found["Count"].as_u64().unwrap() > 0, "{found}");
}

#[test]
fn requests_at_the_same_time_on_the_embedded_store_are_one_breaker() {
    let sink = sink();
    let fleet = Fleet::start(1, 0, &Store::File, &sink);
    is_one_breaker(&fleet, &sink, Sizes::Small);
}
