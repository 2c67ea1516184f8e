use std::fmt;

use headgate_core::reply::page;
use headgate_core::{Body, Clock, KeyValue, KeyValueError, Swap};
use headgate_events::{DeadLetter as SinkLetter, Event};
use http::Response;
use percent_encoding::percent_decode_str;
use serde::Serialize;

use crate::World;
use crate::dead_letter::DeadLetter;
use crate::event_subscription::EventSubscription;
use crate::keys;
use crate::parallel::in_parallel;
use crate::record::{Asked, Record, Step, next_step};
use crate::refusal::Refusal;
use crate::run::{Became, Claimed};
use crate::trace::Trace;

/// The most dead letters of a listing: each is a call to the store.
const MOST: usize = 1_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeadLettersPage {
    dead_letters: Vec<Shown>,
    more: bool,
}

#[derive(Serialize)]
struct RedeliveredPage {
    redelivered: Vec<Shown>,
    delivered: usize,
}

/// A dead letter as a caller sees it.
#[derive(Serialize)]
#[serde(untagged)]
enum Shown {
    /// A rule's handler did not take the event.
    OfRule(Event),
    /// The event was in the outbox, and its sink did not take it.
    OfSink(SinkLetter),
}

impl<W: World> EventSubscription<W> {
    /// Answers `GET /dead-letters`: at most 1,000 of rules and 1,000 of sinks, by their last attempt.
    pub(crate) async fn list_letters(&self) -> Result<Response<Body>, Refusal> {
        let (of_rules, more) = self.letters(keys::DEAD_LETTERS).await?;
        let of_sinks =
            self.outbox.dead_letters().await.map_err(|error| self.unavailable(&error))?;
        let more = more || of_sinks.more;
        let of_rules = of_rules
            .iter()
            .map(|(_, letter)| (letter.attempted.timestamp(), Shown::OfRule(letter.shown())));
        let of_sinks = of_sinks.items.into_iter();
        let of_sinks = of_sinks.map(|letter| (letter.last_attempt(), Shown::OfSink(letter)));
        let mut letters: Vec<_> = of_rules.chain(of_sinks).collect();
        letters.sort_by_key(|(attempted, _)| *attempted);
        let dead_letters = letters.into_iter().map(|(_, letter)| letter).collect();
        Ok(page("dead-letters", &DeadLettersPage { dead_letters, more }))
    }

    /// Answers `POST /dead-letters/{id}:redeliver`: every dead letter of the events with this id goes to its rule's handler
    /// or to its sink again, with all attempts before it.
    pub(crate) async fn redeliver(
        &self,
        id: &str,
        trace: &Trace,
    ) -> Result<Response<Body>, Refusal> {
        let id = percent_decode_str(id).decode_utf8().map_err(|_| Refusal::IdNotText)?;
        let (letters, _more) = self.letters(&keys::dead_letters_of(&id)).await?;
        let of_sinks =
            self.outbox.redeliver(&id).await.map_err(|error| self.unavailable(&error))?;
        if letters.is_empty() && of_sinks.letters.is_empty() {
            return Err(Refusal::DeadLetterNotFound);
        }
        let (mut redelivered, mut claimed) = (Vec::new(), Vec::new());
        for (key, letter) in letters {
            redelivered.push(Shown::OfRule(letter.shown()));
            let taken_back = self.take_back(&key, letter).await;
            claimed.extend(taken_back.map_err(|error| self.unavailable(&error))?);
        }
        let became = in_parallel(claimed, |claimed| Some(self.run(claimed, trace))).await;
        let is_done = |became: &&Became| matches!(became, Became::Done { dead_letters: 0 });
        let delivered = became.iter().filter(is_done).count()
            + self.outbox.deliver(of_sinks.handed).await.delivered;
        redelivered.extend(of_sinks.letters.into_iter().map(Shown::OfSink));
        Ok(page("redeliver", &RedeliveredPage { redelivered, delivered }))
    }

    /// Makes a record of a dead letter, with the lease, before the letter goes. `None` when somebody else has done so.
    async fn take_back(
        &self,
        letter_key: &str,
        letter: DeadLetter,
    ) -> Result<Option<Claimed>, KeyValueError> {
        let now = self.ports.clock.now();
        let round = letter.round.saturating_add(1);
        let key = keys::redelivered(&letter.event, &letter.rule, round);
        let rules = std::iter::once(letter.rule.as_str());
        let record = Record::new(letter.event.clone(), round, rules, now);
        let mut claimed = None;
        if let Step::Run(run) = next_step(&record, Asked::ByDelivery, self.terms(), now) {
            let new = Claimed::new(key, *run);
            match self.ports.key_value.compare_and_swap(&new.key, None, &new.value).await? {
                Swap::Stored => claimed = Some(new),
                Swap::Conflict => {}
            }
        }
        self.ports.key_value.delete(letter_key).await?;
        Ok(claimed)
    }

    async fn letters(&self, prefix: &str) -> Result<(Vec<(String, DeadLetter)>, bool), Refusal> {
        let store = &self.ports.key_value;
        let unavailable = |error: KeyValueError| self.unavailable(&error);
        let mut keys = store.list(prefix).await.map_err(unavailable)?;
        keys.sort_unstable();
        let more = keys.len() > MOST;
        let mut found = Vec::new();
        for key in keys.into_iter().take(MOST) {
            let Some(value) = store.get(&key).await.map_err(unavailable)? else { continue };
            match serde_json::from_slice(&value) {
                Ok(letter) => found.push((key, letter)),
                Err(_) => self.warn(&format_args!("{key} is nothing that this version reads")),
            }
        }
        Ok((found, more))
    }

    pub(crate) fn unavailable(&self, error: &dyn fmt::Display) -> Refusal {
        self.warn(error);
        Refusal::StoreUnavailable
    }
}
