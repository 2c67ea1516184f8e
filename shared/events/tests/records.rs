//! Records that several instances create and change, and whose changes cause events.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod common;

use std::sync::Arc;

use common::{Crash, ONE_WEBHOOK, START, TestOutbox, UnsteadyKeyValue, World, now};
use headgate_core::{Clock, KeyValue, Random, Timestamp};
use headgate_events::{
    ChangeError, Event, EventErrorKind, Eventful, Held, Limits, Recorded, Records, event_id,
};
use headgate_fakes::{Task, Tasks};
use serde::{Deserialize, Serialize};

const PREFIX: &str = "test/jobs/";

/// What is done in steps, and tells when the last one is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Job {
    steps: u32,
    of: u32,
}

impl Eventful for Job {
    fn event(
        &self,
        next: &Self,
        id: &str,
        (source, random): (&str, &impl Random),
        now: Timestamp,
    ) -> Result<Option<Event>, EventErrorKind> {
        if self.steps == next.steps || next.steps != next.of {
            return Ok(None);
        }
        let event = Event::new(event_id(random), source, "test.job.done")?;
        Ok(Some(event.with_subject(format!("/jobs/{id}"))?.with_time(now)))
    }
}

type Jobs = Records<Job, TestOutbox<UnsteadyKeyValue>, Tasks>;

/// An instance on this store, which does before its answer what it would do beside it.
fn jobs(world: &World, store: &UnsteadyKeyValue) -> Jobs {
    jobs_with(world, store, &Tasks::before_the_answer())
}

fn jobs_with(world: &World, store: &UnsteadyKeyValue, tasks: &Tasks) -> Jobs {
    let outbox = Arc::new(world.outbox_on(store.clone()));
    Records::new(PREFIX, "/test".to_owned(), outbox, tasks.clone())
}

fn town() -> (World, UnsteadyKeyValue) {
    let world = World::with_sinks(ONE_WEBHOOK);
    let store = UnsteadyKeyValue::over(world.store.clone());
    (world, store)
}

fn job(of: u32) -> Job {
    Job { steps: 0, of }
}

fn step(mut job: Job) -> Option<Job> {
    (job.steps < job.of).then(|| {
        job.steps += 1;
        job
    })
}

/// The record as it stands in the store.
fn stored(world: &World) -> Recorded<Job> {
    let value = now(world.store.get("test/jobs/a")).unwrap().unwrap();
    Recorded::decode(&value).unwrap()
}

#[test]
fn a_record_is_created_once_and_who_comes_second_has_the_first() {
    let (world, store) = town();
    let jobs = jobs(&world, &store);
    assert!(now(jobs.read("a")).unwrap().is_none());
    let (held, is_new) = now(jobs.create("a", job(2))).unwrap();
    assert_eq!((held.id.as_str(), held.state(), is_new), ("a", &job(2), true));
    let (held, is_new) = now(jobs.create("a", job(9))).unwrap();
    assert_eq!((held.state(), is_new), (&job(2), false));
    assert_eq!(stored(&world).state, job(2));
}

#[test]
fn what_is_judged_to_stay_is_not_written() {
    let (world, store) = town();
    let jobs = jobs(&world, &store);
    let (held, _) = now(jobs.create("a", job(2))).unwrap();
    let calls = store.calls();
    for judge in [|_| None, Some] {
        let judge: fn(Job) -> Option<Job> = judge;
        assert_eq!(now(jobs.change(held.clone(), judge)).unwrap().state(), &job(2));
    }
    assert_eq!(store.calls(), calls);
}

#[test]
fn a_change_that_another_came_before_is_judged_again_with_what_is_there() {
    let (world, store) = town();
    let jobs = jobs(&world, &store);
    let (held, _) = now(jobs.create("a", job(3))).unwrap();
    now(jobs.change(held.clone(), step)).unwrap();
    assert!(now(jobs.swap(&held, Job { steps: 3, of: 3 })).unwrap().is_none());
    assert_eq!(now(jobs.change(held, step)).unwrap().state().steps, 2);
    assert_eq!((stored(&world).state.steps, world.sink.taken().len()), (2, 0));
}

#[test]
fn the_event_of_a_change_is_stored_with_it_and_delivered_beside_the_request() {
    let (world, store) = town();
    let tasks = Tasks::beside_the_answer();
    let jobs = jobs_with(&world, &store, &tasks);
    let (held, _) = now(jobs.create("a", job(2))).unwrap();
    let held = now(jobs.swap(&held, Job { steps: 1, of: 2 })).unwrap().unwrap();
    assert!(tasks.take().is_empty());
    let held = now(jobs.swap(&held, Job { steps: 2, of: 2 })).unwrap().unwrap();
    let ids: Vec<_> = held.record.events().map(|event| event.id().to_owned()).collect();
    assert_eq!(stored(&world), held.record);
    assert_eq!((ids.len(), world.sink.taken().len()), (1, 0));
    tasks.run(Vec::new(), &world.clock, 1);
    assert_eq!(world.sink.taken(), ids);
    assert_eq!(stored(&world).events().count(), 0);
}

/// What an instance does with a job, until it is broken off.
async fn live(jobs: &Jobs) -> Result<Held<Job>, ChangeError> {
    let (mut held, _) = jobs.create("a", job(2)).await?;
    while let Some(next) = step(held.state().clone()) {
        held = jobs.change(held, |job| (job.steps < next.steps).then(|| next.clone())).await?;
    }
    Ok(held)
}

#[test]
fn after_a_crash_at_any_call_each_change_is_made_once_and_its_event_arrives() {
    let (world, store) = town();
    now(live(&jobs(&world, &store))).unwrap();
    let calls = store.calls();
    assert!(calls > 6, "the life calls the store, {calls} times");
    for crash in Crash::each(calls) {
        let (world, store) = town();
        let broken = now(live(&jobs(&world, &store.with_crash(crash))));
        // A store that fails once is in nobody's way, but for the one that does not know whether it has created the job.
        assert!(crash.for_good || crash.at == 1 || broken.is_ok(), "{crash:?}: {broken:?}");
        world.clock.advance(std::time::Duration::from_secs(60));
        now(live(&jobs(&world, &store))).unwrap();
        let outbox = world.outbox();
        let handed = now(outbox.hand_over("test/jobs/a", &[]));
        now(outbox.deliver(handed));
        now(outbox.deliver_due(Limits::default()));
        assert_eq!(stored(&world), Recorded::new(Job { steps: 2, of: 2 }), "{crash:?}");
        assert_eq!(world.sink.taken_once().len(), 1, "{crash:?}");
    }
}

#[test]
fn what_was_stored_although_the_store_failed_is_not_done_again_and_tells_at_once() {
    let (world, store) = town();
    let (held, _) = now(jobs(&world, &store).create("a", job(1))).unwrap();
    let store = store.with_crash(Crash { at: 1, done: true, for_good: false });
    let held = now(jobs(&world, &store).change(held, step)).unwrap();
    assert_eq!((held.state().steps, world.sink.taken().len()), (1, 1));
}

#[test]
fn a_store_that_fails_three_times_ends_a_change() {
    let (world, store) = town();
    let (held, _) = now(jobs(&world, &store).create("a", job(1))).unwrap();
    let store = store.with_crash(Crash { at: 1, done: false, for_good: true });
    let changed = now(jobs(&world, &store).change(held, step));
    assert!(matches!(changed, Err(ChangeError::Store(_))));
    assert_eq!(store.calls(), 3);
}

#[test]
fn a_record_that_is_deleted_meanwhile_stays_deleted() {
    let (world, store) = town();
    let jobs = jobs(&world, &store);
    let (held, _) = now(jobs.create("a", job(1))).unwrap();
    now(store.delete("test/jobs/a")).unwrap();
    assert_eq!(now(jobs.change(held, step)).unwrap().state(), &job(1));
    assert!(now(jobs.read("a")).unwrap().is_none());
}

#[test]
fn instances_that_change_a_record_at_once_lose_no_change() {
    let mut waited = 0;
    for seed in 0..20 {
        let (world, store) = town();
        let tasks = Tasks::beside_the_answer();
        let instances = (0..4).map(|_| {
            let jobs = jobs_with(&world, &store.yielding(), &tasks);
            Box::pin(async move {
                let (mut held, _) = jobs.create("a", job(12)).await.unwrap();
                for _ in 0..3 {
                    held = jobs.change(held, step).await.unwrap();
                }
            }) as Task
        });
        tasks.run(instances.collect(), &world.clock, seed);
        waited += u32::from(world.clock.now() > START);
        assert_eq!(stored(&world), Recorded::new(Job { steps: 12, of: 12 }), "{seed}");
        assert_eq!(world.sink.taken().len(), 1, "{seed}");
    }
    assert!(waited > 0, "who comes second twice waits");
}

#[test]
fn debug_shows_which_record_it_is_and_nothing_of_its_state() {
    let (world, store) = town();
    let (held, _) = now(jobs(&world, &store).create("a", job(734_512))).unwrap();
    let shown = format!("{held:?}");
    assert!(shown.contains("\"a\"") && !shown.contains("734"), "{shown}");
    assert!(!shown.contains("55, 51, 52"), "nor of its bytes: {shown}");
}
