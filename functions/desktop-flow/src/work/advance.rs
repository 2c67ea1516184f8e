use headgate_core::Clock;
use headgate_events::ChangeError;

use crate::ports::World;
use crate::robots::{Held, Robots};
use crate::run::{Asked, Phase, Step, give_up, next_step};

/// How many steps are made at a time: sent, found, read, and one for a second start after a token was refused.
const STEPS: usize = 5;

impl<W: World> Robots<W> {
    /// Does what is to be done about a run now. None when there is no such run.
    pub(crate) async fn advance(
        &self,
        id: &str,
        asked: Asked,
    ) -> Result<Option<Held>, ChangeError> {
        let Some(held) = self.runs.read(id).await? else { return Ok(None) };
        self.go_on(held, asked).await.map(Some)
    }

    /// Does what is to be done about a run that was just read.
    pub(crate) async fn go_on(&self, mut held: Held, asked: Asked) -> Result<Held, ChangeError> {
        if held.state().environment != self.configuration.dataverse.as_str() {
            // Another environment shows nothing of it, which would prove nothing.
            return Ok(held);
        }
        for _ in 0..STEPS {
            let now = self.ports.clock.now();
            let before = std::mem::discriminant(&held.state().phase);
            let step = next_step(held.state(), asked, now);
            held = match step {
                Step::Done | Step::Rest { .. } => return Ok(held),
                Step::GiveUp => {
                    let is_queued = |phase: &Phase| matches!(phase, Phase::Queued { .. });
                    self.runs
                        .change(held, |run| is_queued(&run.phase).then(|| give_up(run, now)))
                        .await?
                }
                Step::Send => Box::pin(self.send(held)).await?,
                Step::Look { since } => Box::pin(self.look(held, since)).await?,
                Step::Read => Box::pin(self.read_session(held)).await?,
            };
            if std::mem::discriminant(&held.state().phase) == before && step != Step::Send {
                return Ok(held);
            }
        }
        Ok(held)
    }
}
