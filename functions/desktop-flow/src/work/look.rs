use headgate_core::{Clock, Timestamp};
use headgate_events::ChangeError;

use crate::dataverse::CallError;
use crate::guid::Guid;
use crate::ports::World;
use crate::robots::{Held, Robots};
use crate::run::{Absence, Phase, Read, Run, settle_absent, settle_read, started};

/// What a look found.
enum Found {
    Session(Guid),
    Nothing { has_witness: bool },
}

impl<W: World> Robots<W> {
    /// Looks for the robot that an earlier start may have started: the session that calls back to the run's own address.
    pub(crate) async fn look(&self, held: Held, since: Timestamp) -> Result<Held, ChangeError> {
        let (at, attempt) = (self.ports.clock.now(), held.state().attempts);
        let settle = self.configuration.settle;
        let is_settled = settle.is_some_and(|settle| at >= since.plus(settle));
        let found = self.find(&held, is_settled).await;
        let now = self.ports.clock.now();
        let is_open = |run: &Run| run.attempts == attempt && is_in_doubt(run, now);
        match found {
            Ok(Found::Session(session)) => {
                self.runs
                    .change(held, |run| {
                        let is_known = run.session().is_some() || run.is_finished();
                        (!is_known).then(|| started(run, session.clone(), 0, now))
                    })
                    .await
            }
            Ok(Found::Nothing { has_witness }) => {
                self.runs
                    .change(held, |run| {
                        let absence = Absence { at, since, has_witness };
                        is_open(&run).then(|| settle_absent(run, &absence, settle, now))
                    })
                    .await
            }
            Err(error) => {
                self.tell_throttling(&error, &held.state().order.connection).await;
                self.runs
                    .change(held, |run| {
                        let absence = Absence { at, since, has_witness: false };
                        is_open(&run).then(|| {
                            let mut run = settle_absent(run, &absence, None, now);
                            if !run.is_finished() {
                                run.note = Some(error.to_string());
                            }
                            run
                        })
                    })
                    .await
            }
        }
    }

    async fn find(&self, held: &Held, is_settled: bool) -> Result<Found, CallError> {
        let (id, run) = (&held.id, held.state());
        let sessions = self.dataverse.sessions_of(&held.state().callback(&held.id)).await?;
        let Some((first, _)) = sessions.first() else {
            let flow = &run.order.flow;
            let has_witness =
                is_settled && self.dataverse.has_session(flow, &run.callbacks).await?;
            return Ok(Found::Nothing { has_witness });
        };
        self.cancel_others(id, first, &sessions).await;
        Ok(Found::Session(first.clone()))
    }

    /// Stops the robots of a run that are not `its` and have not ended.
    async fn cancel_others(&self, id: &str, its: &Guid, sessions: &[(Guid, bool)]) {
        for (session, has_ended) in sessions {
            if session != its && !has_ended {
                self.cancel_surplus(id, session).await;
            }
        }
    }

    /// Stops a robot that was started for a run which has another.
    pub(crate) async fn cancel_surplus(&self, id: &str, session: &Guid) {
        self.warn(&format_args!(
            "run {id} has a second robot, session {session}, which is cancelled"
        ));
        if let Err(error) = self.dataverse.cancel_session(session).await {
            self.warn(&format_args!("session {session} is not cancelled: {error}"));
        }
    }

    /// Reads the session of a run that was started; stops it first if somebody wants that.
    pub(crate) async fn read_session(&self, held: Held) -> Result<Held, ChangeError> {
        let Some(session) = held.state().session().cloned() else { return Ok(held) };
        let mut refused = None;
        if held.state().cancel {
            match self.dataverse.cancel_session(&session).await {
                // One that has ended cannot be stopped.
                Ok(()) | Err(CallError::Refused { status: 400 | 404 | 412, .. }) => {}
                Err(error) => refused = Some(format!("it is not cancelled: {error}")),
            }
        }
        // What was sent twice may have started two, if one did not show in time.
        if held.state().attempts > 1
            && let Ok(sessions) = self.dataverse.sessions_of(&held.state().callback(&held.id)).await
        {
            self.cancel_others(&held.id, &session, &sessions).await;
        }
        let read = match self.dataverse.read_session(&session).await {
            Ok(read) => read,
            Err(error) if error.is_not_found() => Read::Absent { note: unread(&error) },
            Err(error) => {
                self.tell_throttling(&error, &held.state().order.connection).await;
                Read::Failed { note: unread(&error) }
            }
        };
        let now = self.ports.clock.now();
        self.runs
            .change(held, |run| {
                let mut run = settle_read(run, &read, now);
                if !run.is_finished() && refused.is_some() {
                    run.note.clone_from(&refused);
                }
                Some(run)
            })
            .await
    }
}

/// Whether a robot may have been started that nobody has seen, and nobody sends it at this moment.
fn is_in_doubt(run: &Run, now: Timestamp) -> bool {
    match &run.phase {
        Phase::Sending { until, .. } => until.timestamp() <= now,
        Phase::Doubtful { .. } => true,
        Phase::Queued { .. } | Phase::Started { .. } | Phase::Finished { .. } => false,
    }
}

fn unread(error: &CallError) -> String {
    match error {
        CallError::Refused { status: 403 | 404, .. } => {
            format!(
                "{error}: to read and cancel sessions the identity must own the flow, not only use it"
            )
        }
        other => other.to_string(),
    }
}
