use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use headgate_core::reply::with_outcome;
use headgate_core::{Body, Timer, ids};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};
use http_body::Frame;
use http_body_util::StreamBody;

use super::Answer;
use super::common::read;
use crate::ports::World;
use crate::refusal::Refusal;
use crate::relay::{Relays, receipt};

/// How often a progress event is sent.
const PACE: Duration = Duration::from_secs(1);

/// How long a stream goes on; whoever wants more asks again.
const LONGEST: u32 = 3_600;

/// Where a stream of events is.
enum At {
    Begin,
    Next(u32),
    End,
}

/// Streams the progress of a relay as server-sent events: `progress` each second, and its state at the end.
pub(crate) async fn events<W: World>(relays: &Arc<Relays<W>>, id: &str) -> Answer {
    if !ids::is_id(id) {
        return Err(Refusal::RelayUnknown);
    }
    read(relays, id).await?;
    let events = stream::unfold(
        (Arc::clone(relays), id.to_owned(), At::Begin),
        |(relays, id, at)| async move {
            let sent = match at {
                At::Begin => 0,
                At::Next(sent) => {
                    relays.ports.clock.sleep(PACE).await;
                    sent
                }
                At::End => return None,
            };
            let (event, at) = match relays.read(&id).await {
                Ok(Some(held)) => {
                    let relay = held.state();
                    let bytes = relays.live.bytes(&id);
                    let is_over = relay.state.is_final();
                    let name = if is_over { relay.state.name() } else { "progress" };
                    let event = format!("event: {name}\ndata: {}\n\n", receipt(&id, relay, bytes));
                    (event, if is_over { At::End } else { At::Next(sent + 1) })
                }
                Ok(None) => return None,
                Err(_) => (": the store does not answer\n\n".to_owned(), At::Next(sent + 1)),
            };
            let at = if sent >= LONGEST { At::End } else { at };
            let frame = Ok::<_, std::convert::Infallible>(Frame::data(Bytes::from(event)));
            Some((frame, (relays, id, at)))
        },
    );
    let mut response = Response::new(Body::stream(StreamBody::new(Box::pin(events))));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(with_outcome(response, "events", "ok"))
}
