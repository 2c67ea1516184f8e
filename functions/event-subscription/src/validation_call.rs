use std::time::Duration;

use headgate_core::{Body, Clock, HttpClient, KeyValue, KeyValueError, Moment, Timeout, Timestamp};
use http::{Request, Uri};
use serde::{Deserialize, Serialize};

use crate::World;
use crate::event_subscription::EventSubscription;
use crate::handshake::is_event_grid;
use crate::keys;
use crate::parallel::in_parallel;

/// How long Event Grid waits for the address to be asked (contracts §3.3).
const LIFE: Duration = Duration::from_secs(10 * 60);

const TIMEOUT: Timeout = Timeout::each(Duration::from_secs(5));

/// An address that is still to be asked.
#[derive(Serialize, Deserialize)]
struct Pending {
    address: String,
    until: Moment,
}

impl<W: World> EventSubscription<W> {
    /// Asks the address of a handshake. Event Grid may want its own answer first: an address that does not answer now is
    /// asked again by each tick, for ten minutes.
    pub(crate) async fn validate_by(&self, address: Uri) -> Result<(), KeyValueError> {
        let text = address.to_string();
        if self.ask(address).await {
            return Ok(());
        }
        let until = self.ports.clock.now().plus(LIFE).into();
        let key = keys::validation(&text);
        // Text and a number always serialise.
        let value = serde_json::to_vec(&Pending { address: text, until }).unwrap_or_default();
        self.ports.key_value.set(&key, &value).await
    }

    /// Asks the addresses that have not answered yet, several at a time, and begins with none after `until`.
    pub(crate) async fn validate_pending(&self, until: Timestamp) -> Result<(), KeyValueError> {
        let keys = self.ports.key_value.list(keys::VALIDATIONS).await?;
        let asked =
            in_parallel(keys, |key| self.goes_on(until).then_some(self.ask_again(key))).await;
        asked.into_iter().collect()
    }

    async fn ask_again(&self, key: String) -> Result<(), KeyValueError> {
        let store = &self.ports.key_value;
        let Some(value) = store.get(&key).await? else { return Ok(()) };
        let is_done = match serde_json::from_slice::<Pending>(&value) {
            Ok(pending) if self.ports.clock.now() < pending.until.timestamp() => {
                match pending.address.parse::<Uri>() {
                    Ok(address) if is_event_grid(&address) => self.ask(address).await,
                    Ok(_) | Err(_) => true,
                }
            }
            Ok(_) => {
                self.warn(
                    &"a subscription is not validated: its address did not answer in ten minutes",
                );
                true
            }
            Err(_) => true,
        };
        if is_done { store.delete(&key).await } else { Ok(()) }
    }

    async fn ask(&self, address: Uri) -> bool {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = address;
        let answer = self.ports.http.send(request, TIMEOUT).await;
        answer.is_ok_and(|response| response.status().is_success())
    }
}
