use std::collections::VecDeque;

use crate::judging::{Outcome, OutcomeId};

/// So many outcomes, and each time so many more, are stored without waiting for others.
pub(super) const FULL: usize = 500;

/// So many batches that could not be stored are kept; the oldest goes first.
const KEPT: usize = 20;

/// Outcomes that are not counted yet.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Vec<Outcome>,
    kept: VecDeque<NamedBatch>,
    /// Whether somebody will store what is waiting before long.
    has_turn: bool,
}

/// A batch that keeps its id until it is counted, so that it counts once.
#[derive(Debug)]
pub(super) struct NamedBatch {
    pub(super) id: OutcomeId,
    pub(super) outcomes: Vec<Outcome>,
}

/// What is to be done about a queue that has grown.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Grown {
    /// Begin a turn: wait for more, then store.
    First,
    /// Nothing: a turn is under way.
    Another,
    /// Store at once.
    Full,
}

impl Queue {
    pub(super) fn push(&mut self, outcome: Outcome) -> Grown {
        self.waiting.push(outcome);
        if self.waiting.len().is_multiple_of(FULL) {
            Grown::Full
        } else if self.has_turn {
            Grown::Another
        } else {
            self.has_turn = true;
            Grown::First
        }
    }

    /// Ends a turn, however it ended.
    pub(super) const fn end_turn(&mut self) {
        self.has_turn = false;
    }

    /// Takes everything out, the oldest first; `id` names what has no id yet.
    pub(super) fn take(&mut self, id: impl FnOnce() -> OutcomeId) -> VecDeque<NamedBatch> {
        let mut batches = std::mem::take(&mut self.kept);
        if !self.waiting.is_empty() {
            let outcomes = std::mem::take(&mut self.waiting);
            batches.push_back(NamedBatch { id: id(), outcomes });
        }
        batches
    }

    /// Keeps what could not be stored, and gives how many outcomes are dropped for that.
    pub(super) fn keep(&mut self, batches: VecDeque<NamedBatch>) -> usize {
        let newer = std::mem::replace(&mut self.kept, batches);
        self.kept.extend(newer);
        let surplus = self.kept.len().saturating_sub(KEPT);
        self.kept.drain(..surplus).map(|batch| batch.outcomes.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use headgate_core::Timestamp;

    use super::*;

    fn outcome() -> Outcome {
        let at = Timestamp::from_secs(1);
        Outcome { id: None, at, status: None, error_reason: None, retry_after: None }
    }

    fn id(number: u32) -> OutcomeId {
        OutcomeId::of("test", &number.to_string())
    }

    #[test]
    fn the_first_outcome_begins_a_turn_and_the_five_hundredth_ends_the_waiting() {
        let mut queue = Queue::default();
        assert_eq!(queue.push(outcome()), Grown::First);
        for _ in 2..FULL {
            assert_eq!(queue.push(outcome()), Grown::Another);
        }
        assert_eq!(queue.push(outcome()), Grown::Full);
        let batches = queue.take(|| id(1));
        assert_eq!(batches.iter().map(|batch| batch.outcomes.len()).sum::<usize>(), FULL);
        assert_eq!(queue.push(outcome()), Grown::Another, "the turn goes on");
        queue.end_turn();
        assert_eq!(queue.push(outcome()), Grown::First);
    }

    #[test]
    fn a_batch_that_is_kept_keeps_its_id_and_the_oldest_are_dropped_at_last() {
        let mut queue = Queue::default();
        for number in 0..30 {
            queue.push(outcome());
            let batches = queue.take(|| id(number));
            assert_eq!(batches.back().unwrap().id, id(number));
            let dropped = queue.keep(batches);
            assert_eq!(dropped, usize::from(number >= 20));
        }
        let ids: Vec<_> = queue.take(|| id(99)).iter().map(|batch| batch.id).collect();
        assert_eq!(ids, (10..30).map(id).collect::<Vec<_>>());
    }
}
