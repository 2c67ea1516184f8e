use std::time::Duration;

use headgate_core::Timestamp;

use super::failure_code::Failure;
use super::next_step::{LOOKED_FOR, UNREAD, is_overdue, is_too_late, pause};
use super::outcome::Outcome;
use super::record::{Phase, Run, Seen};
use super::status::Status;
use crate::guid::Guid;

/// What became of sending a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The robot was started.
    Started(Guid),
    /// It is certain that nothing was started; the same may succeed later.
    NotYet {
        /// When.
        after: Duration,
        /// What was in the way.
        note: String,
    },
    /// It is certain that nothing was started, and nothing will be.
    Refused(Failure),
    /// Nobody knows.
    Doubt {
        /// Why.
        note: String,
    },
}

/// What becomes of a run by what its sender knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is stored so.
    Store(Box<Run>),
    /// It stays as it is.
    Keep,
    /// Another robot was started for it: this session is one too many, and is cancelled.
    OneTooMany(Guid),
}

/// Puts a start that is being sent into the run.
#[must_use]
pub fn begin_sending(mut run: Run, now: Timestamp, until: Timestamp) -> Run {
    run.attempts = run.attempts.saturating_add(1);
    run.note = None;
    run.phase = Phase::Sending { begun: now.into(), until: until.into() };
    run
}

/// Puts in what became of the start `attempt`. Others may have changed the run meanwhile: a callback, or an instance that found the
/// lease run out.
#[must_use]
pub fn settle_sent(mut run: Run, attempt: u32, sent: &Sent, now: Timestamp) -> Settled {
    let is_own = run.attempts == attempt && matches!(run.phase, Phase::Sending { .. });
    match (sent, &run.phase) {
        (Sent::Started(session), Phase::Started { session: known, .. })
        | (Sent::Started(session), Phase::Finished { session: Some(known), .. }) => {
            if session == known { Settled::Keep } else { Settled::OneTooMany(session.clone()) }
        }
        (Sent::Started(session), Phase::Finished { session: None, .. }) => {
            Settled::OneTooMany(session.clone())
        }
        (Sent::Started(session), _) => {
            Settled::Store(Box::new(started(run, session.clone(), 1, now)))
        }
        _ if !is_own => Settled::Keep,
        (Sent::Doubt { note }, _) => {
            run.note = Some(note.clone());
            run.phase = Phase::Doubtful { since: now.into(), next: now.into(), looks: 0 };
            Settled::Store(Box::new(run))
        }
        (Sent::NotYet { .. } | Sent::Refused(_), _) => match settle_unsent(run, sent, now) {
            Some(run) => Settled::Store(Box::new(run)),
            None => Settled::Keep,
        },
    }
}

/// Puts in that a run of which nothing was sent is not sent now; none when `sent` says something else.
#[must_use]
pub fn settle_unsent(mut run: Run, sent: &Sent, now: Timestamp) -> Option<Run> {
    match sent {
        Sent::NotYet { after, note } => {
            run.note = Some(note.clone());
            run.phase = Phase::Queued { due: now.plus(*after).into() };
            Some(run)
        }
        Sent::Refused(failure) => {
            Some(finished(run, Outcome::Failed, None, Some(failure.clone()), now))
        }
        Sent::Started(_) | Sent::Doubt { .. } => None,
    }
}

/// Puts in the session of a robot that was started; `reads` is how often it counts as read, so that one that was just started is
/// left alone for a moment.
#[must_use]
pub fn started(mut run: Run, session: Guid, reads: u32, now: Timestamp) -> Run {
    run.note = None;
    let at = now.into();
    run.phase = Phase::Started { session, at, read: at, reads, seen: None };
    run
}

/// What a look for a session found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absence {
    /// When the look began.
    pub at: Timestamp,
    /// After this nobody sent the start.
    pub since: Timestamp,
    /// Whether another session of the flow was seen that this function started: so its sessions are shown to us, with the
    /// address of their callback.
    pub has_witness: bool,
}

/// Whether it is as good as proven that no robot was started: by the operator's word for how long a session may take to show
/// (`settle`), and because sessions do show. Without that word nothing proves it.
#[must_use]
pub fn proves_absence(absence: &Absence, settle: Option<Duration>) -> bool {
    let Some(settle) = settle else { return false };
    absence.has_witness && absence.at >= absence.since.plus(settle)
}

/// Puts in that no session was found.
#[must_use]
pub fn settle_absent(
    mut run: Run,
    absence: &Absence,
    settle: Option<Duration>,
    now: Timestamp,
) -> Run {
    let looks = match run.phase {
        Phase::Doubtful { looks, .. } => looks.saturating_add(1),
        _ => 1,
    };
    if proves_absence(absence, settle) {
        run.note =
            Some("dataverse shows no robot of the start before: it is sent again".to_owned());
        run.phase = Phase::Queued { due: now.into() };
        if run.cancel || is_too_late(&run, now) {
            return give_up(run, now);
        }
        return run;
    }
    if now >= run.created.timestamp().plus(LOOKED_FOR) {
        let advice = "see in Power Automate whether the robot ran before you start it again";
        let failure = Failure::own("StartUncertain", run.note.clone().as_deref(), advice, false);
        return finished(run, Outcome::Uncertain, None, Some(failure), now);
    }
    let next = now.plus(pause(looks)).into();
    run.phase = Phase::Doubtful { since: absence.since.into(), next, looks };
    run
}

/// Ends a run that was never started.
#[must_use]
pub fn give_up(run: Run, now: Timestamp) -> Run {
    if run.cancel {
        return finished(run, Outcome::Cancelled, None, None, now);
    }
    let advice = "it was not started within an hour: see its message, and start it again";
    let failure = Failure::own("NotStarted", run.note.clone().as_deref(), advice, true);
    finished(run, Outcome::Failed, None, Some(failure), now)
}

/// What reading a session gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// The session, and what it says of a failure.
    Session {
        /// Its state.
        seen: Seen,
        /// `errorcode`.
        code: Option<String>,
        /// `errormessage`.
        message: Option<String>,
    },
    /// There is no such session.
    Absent {
        /// What to do.
        note: String,
    },
    /// It could not be read, which says nothing of the session.
    Failed {
        /// Why.
        note: String,
    },
}

/// Puts in what a session says of itself.
#[must_use]
pub fn settle_read(mut run: Run, read_result: &Read, now: Timestamp) -> Run {
    let Phase::Started { session, at, reads, seen, .. } = run.phase.clone() else { return run };
    let (seen, outcome) = match read_result {
        Read::Absent { note } | Read::Failed { note } => {
            run.note = Some(note.clone());
            (seen, None)
        }
        Read::Session { seen, .. } => {
            run.note = None;
            (Some(seen.clone()), Status::of(seen.status).outcome)
        }
    };
    run.phase = Phase::Started {
        session: session.clone(),
        at,
        read: now.into(),
        reads: reads.saturating_add(1),
        seen: seen.clone(),
    };
    match (outcome, read_result) {
        (Some(Outcome::Failed), Read::Session { code, message, .. }) => {
            let code = code.as_deref().or_else(|| {
                // A robot that failed without a code has its status to show.
                seen.as_ref().map(|seen| Status::of(seen.status).name)
            });
            let failure = Failure::of(code, message.as_deref());
            ended(run, Outcome::Failed, session, seen, Some(failure), now)
        }
        (Some(outcome), _) => ended(run, outcome, session, seen, None, now),
        (None, Read::Failed { .. }) if is_overdue(&run, at.timestamp().plus(UNREAD), now) => {
            let advice = "nobody could read its session: see the run in Power Automate";
            let failure = Failure::own("Unread", run.note.clone().as_deref(), advice, false);
            ended(run, Outcome::Uncertain, session, seen, Some(failure), now)
        }
        (None, Read::Session { .. } | Read::Absent { .. })
            if is_overdue(&run, at.timestamp(), now) =>
        {
            let advice =
                "Dataverse does not say that the robot ended: see the run in Power Automate";
            let failure = Failure::own("Overdue", run.note.clone().as_deref(), advice, false);
            let outcome = if seen.is_some() { Outcome::TimedOut } else { Outcome::Uncertain };
            ended(run, outcome, session, seen, Some(failure), now)
        }
        (None, _) => run,
    }
}

fn finished(
    mut run: Run,
    outcome: Outcome,
    session: Option<Guid>,
    failure: Option<Failure>,
    now: Timestamp,
) -> Run {
    run.note = None;
    run.phase = Phase::Finished { at: now.into(), outcome, session, seen: None, failure };
    run
}

fn ended(
    mut run: Run,
    outcome: Outcome,
    session: Guid,
    seen: Option<Seen>,
    failure: Option<Failure>,
    now: Timestamp,
) -> Run {
    run.note = None;
    run.phase = Phase::Finished { at: now.into(), outcome, session: Some(session), seen, failure };
    run
}
