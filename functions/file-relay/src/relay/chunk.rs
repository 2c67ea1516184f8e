use std::sync::Arc;
use std::time::Duration;

use headgate_core::{Body, Timestamp};

use super::carrier::{Carrier, Ended, Halt, broke};
use super::ledger::{Ledger, Stop};
use super::live::Working;
use super::record::{Failure, Relay, State};
use super::relays::{RecordError, Relays};
use super::retry::{self, Side};
use super::work::{One, Work};
use crate::chunked::{Chunk, ChunkedError, Judged};
use crate::place::{Cut, PlaceError, Storage};
use crate::ports::World;

/// How long nobody may send a chunk before the upload is given up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);

/// What became of a chunk.
#[derive(Debug)]
pub(crate) enum ChunkEnd {
    /// So many bytes of the file are there.
    Received(u64),
    /// The relay is at its end: its record says which.
    Over,
    /// Bytes before it are missing; so many are there.
    TooFar(u64),
    /// It is not as long as a chunk has to be.
    NotCut(u64),
    /// It is of another file.
    Malformed(ChunkedError),
    /// It could not be taken, and may be sent again.
    Again(Failure),
    /// Somebody else has the upload by now.
    Lost,
}

impl<W: World> Relays<W> {
    /// Begins the upload of a file that comes in chunks of at most `most` bytes; gives how long they have to be, or none when the
    /// relay has failed or the place takes no file in such chunks.
    pub(crate) async fn begin_chunks(
        self: &Arc<Self>,
        ledger: &Ledger<W>,
        working: &Working,
        most: Option<u64>,
    ) -> Result<Option<u64>, RecordError> {
        let relay = ledger.relay().await;
        let Work::One(one) = &relay.work else { return Ok(None) };
        let stat = one.stat.clone().unwrap_or_default();
        let total = stat.length.unwrap_or_default();
        let mut carrier = self.carrier(ledger, working, &relay, one);
        carrier.most = most;
        if let (Ok(to), Some(most)) = (carrier.to(), most)
            && let Ok(Cut { size: Some(size), .. }) = to.cut_within(total, most)
            && size.min(total) > most
        {
            let what = "the destination's parts are longer than a chunk may be here (chunk_bytes): have the file fetched by POST /relays";
            let ended = Ended::Failed(Failure::new("ChunksUnsupported", what));
            self.end_chunks(ledger, carrier, ended).await?;
            return Ok(None);
        }
        let begun = ledger.guard(carrier.begin_with(stat)).await;
        let begun = begun.unwrap_or_else(|stop| Err(Halt::Stop(stop)));
        let size = carrier.one.sent.as_ref().and_then(|sent| sent.size);
        let ended = match begun {
            Ok(()) if size.is_some() || total == 0 => None,
            Ok(()) => Some(Ended::Failed(Failure::new(
                "ChunksUnsupported",
                "the destination takes a file only as a whole: send it in one request",
            ))),
            Err(halt) => Some(ending(halt)?.ok_or(RecordError::Contended)?),
        };
        match ended {
            None => {
                self.release(ledger, &carrier).await?;
                Ok(Some(size.unwrap_or(1)))
            }
            Some(ended) => {
                self.end_chunks(ledger, carrier, ended).await?;
                Ok(None)
            }
        }
    }

    /// Takes a chunk, and from the first one the file's media type where none was said before.
    pub(crate) async fn take_chunk(
        self: &Arc<Self>,
        ledger: &Ledger<W>,
        working: &Working,
        chunk: Chunk,
        (content, content_type): (Body, Option<&str>),
    ) -> Result<ChunkEnd, RecordError> {
        let relay = ledger.relay().await;
        let Work::One(one) = &relay.work else { return Ok(ChunkEnd::Over) };
        let total = one.stat.as_ref().and_then(|stat| stat.length).unwrap_or_default();
        let mut carrier = self.carrier(ledger, working, &relay, one);
        let offset = one.sent.as_ref().map_or(0, |sent| sent.offset);
        let size = one.sent.as_ref().and_then(|sent| sent.size).unwrap_or(total).max(1);
        let refused = match chunk.judge(total, offset) {
            Err(error) => Some(ChunkEnd::Malformed(error)),
            Ok(Judged::Received) if offset < total => Some(ChunkEnd::Received(offset)),
            Ok(Judged::TooFar) => Some(ChunkEnd::TooFar(offset)),
            Ok(Judged::Next { .. })
                if !chunk.is_last() && !(chunk.until - offset).is_multiple_of(size) =>
            {
                Some(ChunkEnd::NotCut(size))
            }
            Ok(Judged::Received | Judged::Next { .. }) => None,
        };
        if let Some(refused) = refused {
            self.release(ledger, &carrier).await?;
            return Ok(refused);
        }
        let halt = match ledger.guard(receive(&mut carrier, chunk, content, content_type)).await {
            Ok(Ok(None)) => {
                self.release(ledger, &carrier).await?;
                return Ok(ChunkEnd::Received(chunk.until));
            }
            Ok(Ok(Some(ended))) => {
                self.end_chunks(ledger, carrier, ended).await?;
                return Ok(ChunkEnd::Over);
            }
            Ok(Err(halt)) => halt,
            Err(Stop::Cancelled) => match carrier.stop().await {
                Ok(ended) => Halt::Over(ended),
                Err(stop) => Halt::Stop(stop),
            },
            Err(stop) => Halt::Stop(stop),
        };
        match halt {
            // Whoever sends the chunk sends it again.
            Halt::Place(side, error) if error.is_temporary() => {
                self.release(ledger, &carrier).await?;
                let failure = Failure::new(retry::code(&error, side), error.to_string());
                Ok(ChunkEnd::Again(failure))
            }
            halt => match ending(halt)? {
                Some(ended) => {
                    self.end_chunks(ledger, carrier, ended).await?;
                    Ok(ChunkEnd::Over)
                }
                None => Ok(ChunkEnd::Lost),
            },
        }
    }

    fn carrier<'l>(
        self: &'l Arc<Self>,
        ledger: &'l Ledger<W>,
        working: &Working,
        relay: &Relay,
        one: &One,
    ) -> Carrier<'l, W> {
        Carrier::new(self, ledger, Arc::clone(&working.progress), (relay, one.clone()), None)
    }

    /// Leaves the relay to whoever sends the next chunk.
    async fn release(
        self: &Arc<Self>,
        ledger: &Ledger<W>,
        carrier: &Carrier<'_, W>,
    ) -> Result<(), RecordError> {
        let one = carrier.one.clone();
        let next = self.now().plus(PATIENCE);
        let work = Some(Work::One(Box::new(one)));
        self.settle(ledger, work, carrier.attempts, Ended::Rest(Some(next))).await
    }

    async fn end_chunks(
        self: &Arc<Self>,
        ledger: &Ledger<W>,
        mut carrier: Carrier<'_, W>,
        ended: Ended,
    ) -> Result<(), RecordError> {
        let ended = match ended {
            Ended::Succeeded => Ok(ended),
            ended => ledger.hold(carrier.clean(ended)).await.flatten(),
        };
        match ended {
            Ok(ended) => {
                let work = Some(Work::One(Box::new(carrier.one)));
                self.settle(ledger, work, carrier.attempts.max(1), ended).await
            }
            Err(Stop::Store(error)) => Err(error),
            Err(Stop::Lost | Stop::Cancelled) => Ok(()),
        }
    }

    /// Takes the lease of a relay that chunks are sent to; none when there is no such relay, or somebody has it. Should whoever
    /// takes the chunk die, the upload waits for the chunk to come again.
    pub(crate) async fn claim_chunks(
        self: &Arc<Self>,
        id: &str,
    ) -> Result<Option<Ledger<W>>, RecordError> {
        let take = |relay: &mut Relay, now: Timestamp| {
            let is_chunks = matches!(&relay.work, Work::One(one) if one.takes_chunks());
            relay.next = Some(now.plus(PATIENCE).into());
            is_chunks && relay.state == State::Running && relay.is_free(now)
        };
        self.claim_if(id, take).await
    }
}

async fn receive<W: World>(
    carrier: &mut Carrier<'_, W>,
    chunk: Chunk,
    content: Body,
    content_type: Option<&str>,
) -> Result<Option<Ended>, Halt> {
    if !carrier.one.committing {
        carrier.reconcile().await?;
        if let Some(content_type) = content_type {
            carrier.retype(content_type).await?;
        }
        let Some(offset) = carrier.one.sent.as_ref().map(|sent| sent.offset) else {
            return Err(Halt::Place(Side::Destination, PlaceError::UploadLost));
        };
        let flow = carrier.flow(content)?;
        let known = offset.saturating_sub(chunk.from);
        flow.pass_over(known, false).await.map_err(broke)?;
        carrier.send(&flow, Some(chunk.total), Some(chunk.until)).await?;
        if !flow.is_at_end().await.map_err(broke)? {
            let what = "the chunk is longer than its Content-Range says";
            return Ok(Some(Ended::Failed(Failure::new("ContentCorrupt", what))));
        }
        if !chunk.is_last() {
            return Ok(None);
        }
        carrier.finish(&flow).await?;
    }
    carrier.commit().await.map(Some)
}

/// How the relay ends; not at all for whoever has lost it.
fn ending(halt: Halt) -> Result<Option<Ended>, RecordError> {
    match halt {
        Halt::Over(ended) => Ok(Some(ended)),
        Halt::Place(side, error) => {
            let failure = Failure::new(retry::code(&error, side), error.to_string());
            Ok(Some(Ended::Failed(failure)))
        }
        Halt::Stop(Stop::Store(error)) => Err(error),
        Halt::Stop(Stop::Cancelled) => Ok(Some(Ended::Cancelled)),
        Halt::Stop(Stop::Lost) => Ok(None),
    }
}
