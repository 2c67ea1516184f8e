//! Outcomes that are sent at the same time.

use std::ops::AddAssign;

use futures_util::future::join_all;
use headgate_tests::dice::Dice;
use serde_json::{Value, json};

use crate::fleet::{Fleet, until_done};

/// Fewer outcomes than a record remembers ids, so that none is forgotten before it comes for the second time.
pub(crate) struct Wave {
    /// The first outcome's number.
    first: u64,
    failed: Vec<bool>,
}

/// How many outcomes a request has.
#[derive(Clone, Copy)]
pub(crate) enum Sizes {
    /// One to twenty: the record is contended for.
    Small,
    /// Up to fifty, for a store that is slow.
    Large,
}

/// What it took.
#[derive(Clone, Copy, Default)]
pub(crate) struct Effort {
    pub(crate) requests: u64,
    /// Those that were sent to two instances.
    pub(crate) twice: u64,
    /// How often one was sent again because the store could not be asked.
    pub(crate) again: u64,
}

impl AddAssign for Effort {
    fn add_assign(&mut self, more: Self) {
        self.requests += more.requests;
        self.twice += more.twice;
        self.again += more.again;
    }
}

impl Wave {
    /// So many outcomes with so many failures among them, in random order.
    pub(crate) fn new(first: u64, size: u64, failures: u64, dice: &mut Dice) -> Self {
        let mut failed: Vec<bool> = (0..size).map(|number| number < failures).collect();
        for place in (1..failed.len()).rev() {
            failed.swap(place, dice.place(place + 1));
        }
        Self { first, failed }
    }

    /// The outcomes: id, and whether it failed.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = (String, bool)> {
        let numbers = self.first..;
        numbers.zip(&self.failed).map(|(number, failed)| (number.to_string(), *failed))
    }

    /// Sends all of them at once, in requests of random sizes to random instances; and every fourth request to another
    /// instance too.
    pub(crate) async fn send(&self, fleet: &Fleet, sizes: Sizes, dice: &mut Dice) -> Effort {
        let mut effort = Effort::default();
        let mut outcomes = self.outcomes().map(|(id, failed)| {
            json!({ "backend": "orders", "id": id, "status": if failed { 503 } else { 200 } })
        });
        let mut requests = Vec::new();
        loop {
            let size = match sizes {
                Sizes::Small => [1, 1, 1, 2, 5, 20][dice.place(6)],
                Sizes::Large => [1, 20, 50][dice.place(3)],
            };
            let mut batch: Vec<Value> = outcomes.by_ref().take(size).collect();
            let body = match batch.len() {
                0 => break,
                1 => batch.remove(0).to_string(),
                _ => Value::from(batch).to_string(),
            };
            effort.requests += 1;
            let instances = &fleet.instances;
            let at = dice.place(instances.len());
            if dice.one_in(4) {
                effort.twice += 1;
                let other = (at + 1 + dice.place(instances.len())) % instances.len();
                requests.push((&instances[other], body.clone()));
            }
            requests.push((&instances[at], body));
        }
        let sent = requests.iter().map(|(instance, body)| until_done(instance, "/outcomes", body));
        effort.again = join_all(sent).await.into_iter().sum();
        effort
    }
}
