use std::time::Duration;

use headgate_core::{Clock, KeyValue, Timestamp};
use headgate_entra::AccessToken;
use headgate_events::ChangeError;

use crate::dataverse::{CONNECT, CallError, judge, start};
use crate::keys;
use crate::ports::World;
use crate::robots::{Held, Robots};
use crate::run::{Failure, Sent, Settled, begin_sending, settle_sent, settle_unsent};

/// How soon after the lease was taken a start has to leave; later it is not sent.
const MARGIN: Duration = Duration::from_secs(2);

/// What a lease has besides: for clocks that differ.
const GRACE: Duration = Duration::from_secs(4);

impl<W: World> Robots<W> {
    /// How the addresses of new callbacks begin.
    pub(crate) fn callbacks(&self) -> String {
        format!("{}/completions/", self.configuration.callback.as_str())
    }

    /// Sends a queued run. The lease is in the store before anything leaves, and whoever does not get it sends nothing.
    pub(crate) async fn send(&self, held: Held) -> Result<Held, ChangeError> {
        let now = self.ports.clock.now();
        let not_now = |after, note: &str| Sent::NotYet { after, note: note.to_owned() };
        if let Some(until) = self.throttled_until().await?.filter(|until| *until > now) {
            let note = "dataverse asks for fewer requests";
            return self.unsent(held, &not_now(until.since(now), note)).await;
        }
        let inputs = match self.load_inputs(&held).await? {
            Ok(inputs) => inputs,
            Err(failure) => return self.unsent(held, &Sent::Refused(failure)).await,
        };
        let token = match self.dataverse.token().await {
            Ok(token) => token,
            Err(error) => {
                let sent = judge(Err(error), held.state().attempts.saturating_add(1));
                return self.unsent(held, &sent).await;
            }
        };
        if let Some((until, note)) = self.take_turn(&held.state().order.connection).await? {
            let after = until.since(self.ports.clock.now());
            return self.unsent(held, &not_now(after, note)).await;
        }
        let begun = self.ports.clock.now();
        let timeout = self.configuration.start_timeout;
        let longest = CONNECT.min(timeout).saturating_add(timeout).saturating_add(timeout);
        let until = begun.plus(MARGIN).plus(longest).plus(GRACE);
        let sending = begin_sending(held.state().clone(), begun, until);
        match self.runs.swap(&held, sending).await? {
            Some(leased) => self.send_leased(leased, inputs.as_deref(), token, begun).await,
            // Somebody else has it, or has stopped it.
            None => Ok(self.runs.read(&held.id).await?.unwrap_or(held)),
        }
    }

    async fn send_leased(
        &self,
        held: Held,
        inputs: Option<&str>,
        token: AccessToken,
        begun: Timestamp,
    ) -> Result<Held, ChangeError> {
        let attempt = held.state().attempts;
        let callback = held.state().callback(&held.id);
        let order = &held.state().order;
        let call = start(order, inputs, &callback, self.configuration.start_timeout);
        let answer = match call {
            Err(error) => Err(error),
            // A process that was held up between the lease and here might send when others believe that it does not.
            Ok(_) if self.ports.clock.now() >= begun.plus(MARGIN) => {
                Err(CallError::NotSent("it took too long to begin".to_owned()))
            }
            Ok(call) => self.dataverse.call_once(&token, &call).await,
        };
        if let Err(error) = &answer {
            self.tell_throttling(error, &order.connection).await;
        }
        let sent = match answer {
            // It has started nothing.
            Err(CallError::Refused { status: 401, .. }) => {
                match self.dataverse.other_token(&token, None).await {
                    Ok(Some(_)) => {
                        let note = "the token was refused".to_owned();
                        Sent::NotYet { after: Duration::ZERO, note }
                    }
                    Ok(None) => judge(answer, attempt),
                    Err(error) => judge(Err(error), attempt),
                }
            }
            answer => judge(answer, attempt),
        };
        if let Sent::Doubt { note } = &sent {
            self.warn(&format_args!("whether run {} was started is not known: {note}", held.id));
        }
        let held = self.settle(held, attempt, &sent).await?;
        if matches!(sent, Sent::Started(_) | Sent::Refused(_)) {
            self.forget_inputs(&held).await;
        }
        Ok(held)
    }

    /// Puts in what became of a start, and cancels a robot that is one too many.
    async fn settle(&self, held: Held, attempt: u32, sent: &Sent) -> Result<Held, ChangeError> {
        let now = self.ports.clock.now();
        let id = held.id.clone();
        let held = self
            .runs
            .change(held, |run| match settle_sent(run, attempt, sent, now) {
                Settled::Store(run) => Some(*run),
                Settled::Keep | Settled::OneTooMany(_) => None,
            })
            .await?;
        if let Settled::OneTooMany(session) = settle_sent(held.state().clone(), attempt, sent, now)
        {
            self.cancel_surplus(&id, &session).await;
        }
        Ok(held)
    }

    /// Leaves a queued run for later, or ends it, with nothing sent.
    async fn unsent(&self, held: Held, sent: &Sent) -> Result<Held, ChangeError> {
        let now = self.ports.clock.now();
        let phase = held.state().phase.clone();
        self.runs
            .change(
                held,
                |run| {
                    if run.phase == phase { settle_unsent(run, sent, now) } else { None }
                },
            )
            .await
    }

    /// Reads a run's inputs; or says that they are gone.
    async fn load_inputs(
        &self,
        held: &Held,
    ) -> Result<Result<Option<String>, Failure>, ChangeError> {
        let run = held.state();
        if run.order.input_pieces == 0 {
            return Ok(Ok(None));
        }
        let mut inputs = Vec::new();
        for piece in 0..run.order.input_pieces {
            let key = keys::inputs(&held.id, &run.fingerprint, piece);
            let Some(value) = self.ports.key_value.get(&key).await? else {
                let advice = "the inputs are not in the store any more: start it again";
                return Ok(Err(Failure::own("InputsLost", None, advice, true)));
            };
            inputs.extend(value);
        }
        let gone =
            |_| Failure::own("InputsLost", None, "the inputs are damaged: start it again", true);
        Ok(String::from_utf8(inputs).map(Some).map_err(gone))
    }

    /// Deletes a run's inputs once nobody sends them any more. What fails is left to the tick that forgets the run.
    pub(crate) async fn forget_inputs(&self, held: &Held) {
        let run = held.state();
        for piece in 0..run.order.input_pieces {
            let key = keys::inputs(&held.id, &run.fingerprint, piece);
            if let Err(error) = self.ports.key_value.delete(&key).await {
                self.warn(&format_args!("inputs of run {} stay for now: {error}", held.id));
            }
        }
    }
}
