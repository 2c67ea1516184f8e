//! One robot for each key: fifty keys, ten posts of each, four instances that share a store, step by step in an order made from
//! a seed; answers of Dataverse are lost after robots were started, and instances die wherever they wait.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::task::{Context, Waker};

use headgate_core::Handler;

use crate::net::Trouble;
use crate::town::{GREET, Town, keyed};

const KEYS: usize = 50;
const POSTS: usize = 10;

/// Runs tasks to their end, step by step in an order made from the seed.
fn in_some_order(town: &Town, mut tasks: Vec<Pin<Box<dyn Future<Output = ()> + '_>>>, seed: u64) {
    let mut context = Context::from_waker(Waker::noop());
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for step in 0..5_000_000 {
        if tasks.is_empty() {
            return;
        }
        // Who waits for a token of somebody else's asking looks again by the clock.
        if step % 1_000 == 999 {
            town.clock.advance(std::time::Duration::from_millis(5));
        }
        let index = (dice.next() % tasks.len() as u64) as usize;
        if tasks[index].as_mut().poll(&mut context).is_ready() {
            drop(tasks.swap_remove(index));
        }
    }
    panic!("{} posts do not come to an end", tasks.len());
}

/// Numbers that look like chance, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 16
    }
}

/// The inputs that robots were started with; each key has its own.
fn started(town: &Town) -> Vec<String> {
    let name = |inputs: &serde_json::Value| inputs["Name"].as_str().unwrap().to_owned();
    town.sessions().iter().map(|session| name(&session.inputs)).collect()
}

fn body(key: usize) -> String {
    GREET.replace("Ada", &format!("key {key}"))
}

/// Posts everything through four instances at once; each post dies after as many steps as `lives` says.
fn storm(town: &Town, seed: u64, lives: impl Fn(usize) -> usize) {
    let steady = Town { store: town.store.yielding(), net: town.net.yielding(), ..town.clone() };
    let instances: Vec<_> = (0..4).map(|_| steady.function()).collect();
    let mut tasks: Vec<Pin<Box<dyn Future<Output = ()> + '_>>> = Vec::new();
    for post in 0..KEYS * POSTS {
        let key = post % KEYS;
        let instance = &instances[(post / KEYS + key) % instances.len()];
        let life = lives(post);
        tasks.push(Box::pin(async move {
            let request = keyed(&format!("key-{key}"), &body(key));
            let mut answer = Box::pin(instance.handle(request));
            let mut steps = 0;
            std::future::poll_fn(|context| {
                steps += 1;
                if steps > life {
                    return std::task::Poll::Ready(());
                }
                answer.as_mut().poll(context).map(drop)
            })
            .await;
        }));
    }
    in_some_order(town, tasks, seed);
}

fn exactly_one_each(town: &Town, seed: u64) {
    let names = started(town);
    let different: BTreeSet<_> = names.iter().collect();
    assert_eq!((names.len(), different.len()), (KEYS, KEYS), "seed {seed}");
}

#[test]
fn five_hundred_posts_of_fifty_keys_start_fifty_robots_and_each_is_followed_to_its_end() {
    for seed in 1..=8 {
        let town = Town::new();
        storm(&town, seed, |_| usize::MAX);
        exactly_one_each(&town, seed);
        let runs = town.tick_until_over(2);
        assert_eq!(runs.len(), KEYS);
        assert!(
            runs.iter().all(|run| run["state"] == "succeeded" && run["attempts"] == 1),
            "seed {seed}"
        );
        exactly_one_each(&town, seed);
        assert_eq!(town.net.events().len(), KEYS);
    }
}

#[test]
fn answers_that_are_lost_after_the_robot_was_started_start_no_second() {
    for seed in 1..=8 {
        let town = Town::new();
        town.net.all_starts(Some(Trouble::LostAfter));
        storm(&town, seed, |_| usize::MAX);
        exactly_one_each(&town, seed);
        let runs = town.tick_until_over(2);
        assert!(runs.iter().all(|run| run["state"] == "succeeded"), "seed {seed}");
        exactly_one_each(&town, seed);
    }
}

/// Instances that die at any step, and callers who ask again: with the operator's word exactly one robot each.
#[test]
fn with_deaths_at_random_steps_and_the_operators_word_there_is_one_robot_for_each_key() {
    for seed in 1..=12 {
        let town = Town::new().with("settle_seconds", "60");
        let mut dice = Dice(seed + 1_000_003);
        let lives: Vec<_> = (0..KEYS * POSTS).map(|_| dice.next() as usize % 60).collect();
        if seed % 2 == 0 {
            town.net.all_starts(Some(Trouble::LostAfter));
        }
        storm(&town, seed, |post| lives[post]);
        town.net.all_starts(None);
        // Who had no answer asks again.
        storm(&town, seed + 50, |_| usize::MAX);
        let runs = town.tick_until_over(4);
        assert_eq!(runs.len(), KEYS, "seed {seed}");
        assert!(runs.iter().all(|run| run["state"] == "succeeded"), "seed {seed}: {runs:#?}");
        exactly_one_each(&town, seed);
        assert_eq!(town.net.events().len(), KEYS);
    }
}

/// The bound that holds without anybody's word: never two.
#[test]
fn with_deaths_at_random_steps_and_nobodys_word_there_is_never_a_second_robot() {
    let mut uncertain = 0;
    for seed in 1..=12 {
        let town = Town::new();
        let mut dice = Dice(seed + 1_000_003);
        let lives: Vec<_> = (0..KEYS * POSTS).map(|_| dice.next() as usize % 60).collect();
        storm(&town, seed, |post| lives[post]);
        storm(&town, seed + 50, |_| usize::MAX);
        let runs = town.tick_until_over(30);
        let names = started(&town);
        let different: BTreeSet<_> = names.iter().collect();
        assert_eq!(names.len(), different.len(), "seed {seed}");
        let of = |state: &str| runs.iter().filter(|run| run["state"] == state).count();
        assert_eq!(
            (of("succeeded"), of("succeeded") + of("uncertain")),
            (names.len(), KEYS),
            "seed {seed}"
        );
        uncertain += of("uncertain");
    }
    assert!(uncertain > 0, "no death was between the lease and the start");
}
