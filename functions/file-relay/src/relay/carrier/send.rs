use std::pin::pin;
use std::sync::Arc;

use futures_util::future::{Either, select};
use headgate_core::{Body, Timer};

use super::halt::{Ended, Halt, broke, corrupt, destination, over};
use super::{Carrier, PACE};
use crate::digest::{Hasher, differing};
use crate::place::{Part, Place, PlaceError, Storage, Upload};
use crate::ports::World;
use crate::relay::flow::Flow;
use crate::relay::work::Bringer;

impl<W: World> Carrier<'_, W> {
    pub(in crate::relay) fn flow(&self, body: Body) -> Result<Flow, Halt> {
        let Some(sent) = &self.one.sent else { return Err(destination(PlaceError::UploadLost)) };
        let hasher = Hasher::resume(&sent.hasher);
        // A kept state that cannot be read: begin again.
        let hasher = hasher.map_err(|_| destination(PlaceError::UploadLost))?;
        let progress = Arc::clone(&self.progress);
        Ok(Flow::new(body, hasher, sent.offset, progress, W::beside()))
    }

    /// Reads and hashes what the place holds already.
    pub(in crate::relay) async fn pass_over(
        &mut self,
        flow: &Flow,
        length: u64,
    ) -> Result<(), Halt> {
        flow.pass_over(length, true).await.map_err(broke)?;
        let hasher = flow.hasher().await.map_err(broke)?;
        if let Some(sent) = &mut self.one.sent {
            sent.offset = flow.position();
            sent.parts = match sent.size {
                None => 1,
                Some(size) => u32::try_from(sent.offset.div_ceil(size.max(1))).unwrap_or(u32::MAX),
            };
            sent.hasher = hasher.save();
        }
        self.put().await?;
        Ok(())
    }

    /// Sends parts until the byte `end`, which is where the flow ends; or says that there is no time for more.
    pub(in crate::relay) async fn send(
        &mut self,
        flow: &Flow,
        total: Option<u64>,
        end: Option<u64>,
    ) -> Result<Option<Ended>, Halt> {
        let to = self.to()?;
        loop {
            let Some(sent) = self.one.sent.clone() else {
                return Err(destination(PlaceError::UploadLost));
            };
            let algorithms = to.part_algorithms();
            let part = |length, last| Part { index: sent.parts, offset: sent.offset, length, last };
            let mut permit = None;
            let (part, content) = match (total, end, sent.size) {
                (Some(total), Some(end), size) => {
                    let left = end.saturating_sub(sent.offset);
                    if left == 0 {
                        return Ok(None);
                    }
                    let length = size.map_or(left, |size| size.min(left));
                    let is_last = sent.offset + length == total;
                    (part(Some(length), is_last), flow.part(Some(length), algorithms).await)
                }
                (_, _, Some(size)) if !sent.needs_length => {
                    if flow.is_at_end().await.map_err(broke)? {
                        return Ok(None);
                    }
                    (part(None, false), flow.part_up_to(size, algorithms).await)
                }
                (_, _, Some(size)) => {
                    permit = Some(self.relays.live.may_gather().await);
                    // Whether a part is the last one is known once what follows it is.
                    let length = flow.gather(size).await.map_err(broke)?;
                    if length == 0 {
                        return Ok(None);
                    }
                    let is_last = flow.is_at_end().await.map_err(broke)?;
                    (part(Some(length), is_last), flow.part(Some(length), algorithms).await)
                }
                (_, _, None) if sent.needs_length => {
                    let refused = "take a file whose length is not known";
                    return Err(destination(PlaceError::Unsupported(refused)));
                }
                (_, _, None) => {
                    if flow.is_at_end().await.map_err(broke)? {
                        return Ok(None);
                    }
                    (part(None, true), flow.part(None, algorithms).await)
                }
            };
            self.write_in_time(to, flow, part, content.map_err(broke)?).await?;
            drop(permit);
            let is_last = part.last || flow.has_ended();
            if self.is_late() && !is_last && self.one.bringer == Bringer::Place {
                return Ok(Some(Ended::Rest(None)));
            }
        }
    }

    /// Writes a part. One that is the whole file cannot be gone on with later: there is no time for it or there is.
    async fn write_in_time(
        &mut self,
        to: &Place<W>,
        flow: &Flow,
        part: Part,
        content: Body,
    ) -> Result<(), Halt> {
        let is_whole = self.one.sent.as_ref().is_some_and(|sent| sent.size.is_none());
        let is_limited = is_whole && self.one.bringer == Bringer::Place;
        let Some(until) = self.until.filter(|_| is_limited) else {
            return self.write(to, flow, part, content).await;
        };
        let relays = self.relays;
        let late = relays.ports.clock.sleep(until.since(relays.now()));
        match select(pin!(self.write(to, flow, part, content)), pin!(late)).await {
            Either::Left((written, _)) => written,
            Either::Right(_) => {
                let message = "the destination takes a file only as a whole, and that took longer than time_limit_seconds";
                Err(over("TimeLimit", message))
            }
        }
    }

    async fn write(
        &mut self,
        to: &Place<W>,
        flow: &Flow,
        part: Part,
        content: Body,
    ) -> Result<(), Halt> {
        let Some(sent) = &mut self.one.sent else {
            return Err(destination(PlaceError::UploadLost));
        };
        let before: Upload = sent.upload.clone();
        let written = to.write(&mut sent.upload, part, content).await;
        let end = part.length.or(sent.size).map(|length| part.offset + length);
        let has_ended = part.length.is_none() && flow.has_ended();
        let is_whole = has_ended || end == Some(flow.position());
        let theirs = match (written, flow.broke()) {
            (Ok(theirs), _) if is_whole => theirs,
            (_, Some(why)) => return Err(broke(why)),
            (Ok(_), None) => {
                let detail = "it answered before it had the whole content".to_owned();
                return Err(destination(PlaceError::Temporary { detail }));
            }
            // An attempt before, whose answer was lost, may have put it there: the commit finds out. What is kept goes to another
            // name with each attempt.
            (Err(PlaceError::Exists), None)
                if part.last && self.attempts > 1 && self.kept.is_none() =>
            {
                flow.pass_to_end().await.map_err(broke)?;
                Vec::new()
            }
            (Err(PlaceError::Exists), None) => return Err(self.taken().await),
            (Err(error), None) => return Err(destination(error)),
        };
        let ours = flow.part_digests().await.map_err(broke)?;
        if let Some(algorithm) = differing(&ours, &theirs) {
            let message = format!("the {algorithm} of a part is not what the destination says");
            return Err(corrupt(message));
        }
        sent.parts = sent.parts.saturating_add(1);
        sent.offset = flow.position();
        sent.hasher = flow.hasher().await.map_err(broke)?.save();
        let is_other = sent.upload != before;
        if is_other || self.relays.now().since(self.written) >= PACE {
            self.put().await?;
        }
        Ok(())
    }
}
