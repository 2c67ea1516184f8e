use std::ops::ControlFlow;
use std::time::Duration;

use headgate_core::{Clock, KeyValue, Moment, Swap, Timestamp};
use headgate_events::{ChangeError, Rounds};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::dataverse::CallError;
use crate::keys;
use crate::pace::{Pace, Turn, later};
use crate::ports::World;
use crate::robots::Robots;

/// How long nothing is started where Dataverse does not say when to come again.
const PAUSE: Duration = Duration::from_secs(2);

impl<W: World> Robots<W> {
    /// Takes a turn on a connection; or says when there is one, and why not now.
    pub(super) async fn take_turn(
        &self,
        connection: &str,
    ) -> Result<Option<(Timestamp, &'static str)>, ChangeError> {
        let most = self.configuration.runs_per_minute;
        self.swap_value(&keys::pace(connection), |pace: Option<Pace>| {
            match pace.unwrap_or_default().take(most, self.ports.clock.now()) {
                Turn::Now(pace) => ControlFlow::Continue(pace),
                Turn::At(until) => {
                    ControlFlow::Break((until, "the connection has had its starts of this minute"))
                }
                Turn::Held(until) => {
                    ControlFlow::Break((until, "dataverse asks for fewer runs on the connection"))
                }
            }
        })
        .await
    }

    /// Until when Dataverse wants to be left alone.
    pub(super) async fn throttled_until(&self) -> Result<Option<Timestamp>, ChangeError> {
        let value = self.ports.key_value.get(keys::THROTTLED).await?;
        let until = value.and_then(|value| serde_json::from_slice::<Moment>(&value).ok());
        Ok(until.map(Moment::timestamp))
    }

    /// Notes for all instances that Dataverse wants to be left alone, or that a connection has too many runs: pushing on makes it
    /// longer (contracts §1.7). Of two pauses the later end counts.
    pub(crate) async fn tell_throttling(&self, error: &CallError, connection: &str) {
        let CallError::Throttled { retry_after, .. } = error else { return };
        let until = self.ports.clock.now().plus(retry_after.unwrap_or(PAUSE));
        let noted = if error.is_of_connection() {
            self.swap_value(&keys::pace(connection), |pace: Option<Pace>| {
                pace.unwrap_or_default()
                    .held(until)
                    .map_or(ControlFlow::Break(()), ControlFlow::Continue)
            })
            .await
        } else {
            self.swap_value(keys::THROTTLED, |known: Option<Moment>| {
                later(known, until).map_or(ControlFlow::Break(()), ControlFlow::Continue)
            })
            .await
        };
        if let Err(error) = noted {
            self.warn(&format_args!("other instances do not know of the throttling: {error}"));
        }
    }

    /// Changes a value to what `judge` makes of it, or leaves it and gives what `judge` says in its place. A value that cannot be
    /// read is none: it is about a minute.
    async fn swap_value<T: DeserializeOwned + Serialize, B>(
        &self,
        key: &str,
        judge: impl Fn(Option<T>) -> ControlFlow<B, T>,
    ) -> Result<Option<B>, ChangeError> {
        let store = &self.ports.key_value;
        let mut rounds = Rounds::default();
        loop {
            let before = store.get(key).await?;
            let known = before.as_deref().and_then(|value| serde_json::from_slice(value).ok());
            let value = match judge(known) {
                ControlFlow::Break(instead) => return Ok(Some(instead)),
                // Numbers always serialise.
                ControlFlow::Continue(value) => serde_json::to_vec(&value).unwrap_or_default(),
            };
            match store.compare_and_swap(key, before.as_deref(), &value).await? {
                Swap::Stored => return Ok(None),
                Swap::Conflict => {
                    rounds.conflicted(&self.ports.clock, &self.ports.random).await?;
                }
            }
        }
    }
}
