//! Random traces against the naive model, the same in every run.

use std::time::Duration;

use super::model::{Model, Stands};
use super::support::{Breaker, Dice, START, asking, at, outcome, rule, with_id};
use crate::backends::{HalfOpen, Rule, RuleName, Threshold};
use crate::judging::{BackendState, Batch, Judgement, Outcome, Standing, judge, reset, standing};

const TRACES: u64 = 1_000;
const STEPS: u64 = 120;

fn some_rule(dice: &mut Dice, name: &str) -> Rule {
    let threshold = if dice.one_in(2) {
        Threshold::Count(1 + dice.below(6))
    } else {
        Threshold::Percentage(u8::try_from(1 + dice.below(100)).unwrap())
    };
    let mut rule = Rule { name: RuleName::parse(name).unwrap(), ..rule(threshold) };
    // Intervals that 20 divides into whole milliseconds, so that a part is exactly a twentieth.
    rule.condition.interval = Duration::from_millis(100 * (1 + dice.below(600)));
    rule.condition.minimum_calls = if dice.one_in(2) { 0 } else { dice.below(12) };
    rule.trip_duration = Duration::from_millis(100 + dice.below(60_000));
    rule.accept_retry_after = dice.one_in(2);
    rule.half_open =
        dice.one_in(3).then(|| HalfOpen { probes: u32::try_from(1 + dice.below(4)).unwrap() });
    rule
}

/// Most steps are short beside an interval; some are longer than interval and trip.
fn step(dice: &mut Dice) -> u64 {
    match dice.below(10) {
        0 => 0,
        1..=6 => dice.below(400),
        7 | 8 => dice.below(5_000),
        _ => dice.below(80_000),
    }
}

fn some_outcome(dice: &mut Dice, now: u64, number: u64) -> (Outcome, u64) {
    let measured = match dice.below(6) {
        0 => now.saturating_sub(dice.below(70_000)),
        1 => now.saturating_sub(dice.below(500)),
        2 => now + dice.below(3_000),
        _ => now,
    };
    let fails = dice.below(5) < 2;
    let outcome = match (fails, dice.one_in(4)) {
        (true, true) => asking(measured, 1 + dice.below(60)),
        (true, false) => outcome(500, measured),
        (false, _) => outcome(200, measured),
    };
    // What is measured ahead of the clock carries no id, so no duplicate of it comes at another time.
    let outcome = if measured <= now && dice.one_in(3) {
        with_id(outcome, &number.to_string())
    } else {
        outcome
    };
    (outcome, measured)
}

fn stands(breaker: &Breaker, now: u64) -> Vec<Stands> {
    let rules = breaker.backend.rules.iter();
    let known = |rule: &Rule| breaker.state.rules.get(&rule.name).cloned().unwrap_or_default();
    rules
        .map(|rule| match standing(Some(rule), &known(rule), at(now)) {
            Standing::Closed => Stands::Closed,
            Standing::Open { remaining } => {
                Stands::Open(u64::try_from(remaining.as_millis()).unwrap())
            }
            Standing::HalfOpen { .. } => Stands::HalfOpen,
        })
        .collect()
}

/// Runs one trace; gives how many trips there were and how many outcomes.
fn run(seed: u64) -> (usize, usize) {
    let mut dice = Dice::new(seed);
    let count = 1 + dice.below(3);
    let rules: Vec<Rule> =
        (0..count).map(|number| some_rule(&mut dice, &format!("r{number}"))).collect();
    let mut model = Model::of(&rules);
    let mut breaker = Breaker::of(rules);
    // Every part's length divides the start of a trace that begins at a multiple of 5 ms.
    assert_eq!(START % 5, 0);
    let mut sent: Vec<(Outcome, u64)> = Vec::new();
    let mut now = START;
    for number in 0..STEPS {
        now += step(&mut dice);
        let relative = now - START;
        match dice.below(40) {
            0 => {
                breaker.store(reset(&breaker.backend, breaker.state.clone(), at(relative)));
                model.reset(now);
            }
            1..=4 => {
                breaker.tick(relative);
                model.tick(now);
            }
            5..=7 if !sent.is_empty() => {
                let index = usize::try_from(dice.below(sent.len() as u64)).unwrap();
                let (again, measured) = sent[index].clone();
                if again.id.is_some() {
                    model.tick(now);
                    model.take(&again, START + measured, now);
                    breaker.take(again, relative);
                }
            }
            _ => {
                let size = if dice.one_in(4) { 1 + dice.below(8) } else { 1 };
                let batch: Vec<(Outcome, u64)> = (0..size)
                    .map(|part| some_outcome(&mut dice, relative, number * 100 + part))
                    .collect();
                let outcomes: Vec<Outcome> =
                    batch.iter().map(|(outcome, _)| outcome.clone()).collect();
                breaker.take_batch(&outcomes, relative);
                model.tick(now);
                for (outcome, measured) in &batch {
                    model.take(outcome, START + measured, now);
                }
                sent.extend(batch);
            }
        }
        let said: Vec<String> = model.said.iter().map(|said| relative_to_start(said)).collect();
        assert_eq!(breaker.said, said, "seed {seed}, step {number}");
        assert_eq!(stands(&breaker, relative), model.stands(now), "seed {seed}, step {number}");
    }
    let trips = breaker.said.iter().filter(|said| said.starts_with("Opened")).count();
    (trips, sent.len())
}

/// The model says absolute times.
fn relative_to_start(said: &str) -> String {
    let (words, time) = said.rsplit_once('@').unwrap();
    format!("{words}@{}", time.parse::<u64>().unwrap() - START)
}

#[test]
fn a_thousand_random_traces_agree_with_the_naive_model() {
    let (mut trips, mut outcomes) = (0, 0);
    for seed in 0..TRACES {
        let (tripped, sent) = run(seed);
        trips += tripped;
        outcomes += sent;
    }
    assert!(trips > 5_000 && outcomes > 100_000, "{trips} trips in {outcomes} outcomes");
}

/// Every event comes in pairs, whichever instance judges: each of them reads the state, judges, and stores it if
/// nobody else has meanwhile.
#[test]
fn instances_that_swap_one_record_make_one_breaker() {
    for seed in 0..100 {
        let mut dice = Dice::new(seed);
        let rule = some_rule(&mut dice, "r");
        let backend = Breaker::of(vec![rule]).backend;
        let mut stored = (0_u64, BackendState::default());
        let mut read = vec![stored.clone(); 8];
        let mut said = Vec::new();
        let mut alone = Breaker::of(backend.rules.clone());
        let mut now = 0;
        for number in 0..300 {
            now += step(&mut dice);
            let outcomes = [some_outcome(&mut dice, now, number).0];
            let batch = Batch { id: None, outcomes: &outcomes };
            let instance = usize::try_from(dice.below(8)).unwrap();
            loop {
                let (revision, state) = read[instance].clone();
                let Judgement { state, changes } = judge(&backend, state, batch, at(now));
                if revision == stored.0 {
                    stored = (revision + 1, state);
                    said.extend(changes.iter().map(super::support::said));
                    break;
                }
                read[instance] = stored.clone();
            }
            alone.take_batch(&outcomes, now);
        }
        assert_eq!(stored.1, alone.state, "seed {seed}");
        assert_eq!(said, alone.said, "seed {seed}");
        for pair in said.chunks(2) {
            assert!(pair[0].starts_with("Opened"), "seed {seed}: {said:?}");
            assert!(
                pair.get(1).is_none_or(|closed| closed.starts_with("Closed")),
                "seed {seed}: {said:?}"
            );
        }
    }
}
