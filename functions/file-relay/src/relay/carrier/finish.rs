use std::sync::Arc;

use super::Carrier;
use super::clean::STAYS;
use super::halt::{Ended, Halt, broke, corrupt, destination, over};
use crate::digest::{Algorithm, Digest, Hasher, differing};
use crate::place::{PlaceError, Range, Storage, Whole, Written};
use crate::ports::World;
use crate::relay::flow::{Broke, Flow};
use crate::relay::order::OnConflict;
use crate::relay::work::{Bringer, Rewritten};

impl<W: World> Carrier<'_, W> {
    /// Judges the content once all of it was sent.
    pub(in crate::relay) async fn finish(&mut self, flow: &Flow) -> Result<(), Halt> {
        let digests = flow.hasher().await.map_err(broke)?.finish();
        let length = flow.position();
        let order = &self.one.order;
        if let Some(wanted) = order.length.filter(|wanted| *wanted != length) {
            let message = format!("the file has {length} bytes, and {wanted} were expected");
            return Err(over("LengthUnexpected", message));
        }
        let wanted: Vec<Digest> = order.digest.iter().cloned().collect();
        if let Some(algorithm) = differing(&digests, &wanted) {
            let message = format!("the {algorithm} of the file is not the expected one");
            return Err(over("DigestUnexpected", message));
        }
        let said = self.one.stat.as_ref().map(|stat| stat.digests.as_slice()).unwrap_or_default();
        if let Some(algorithm) = differing(&digests, said) {
            let message = format!("the {algorithm} of what was read is not what the source says");
            return Err(corrupt(message));
        }
        self.one.bytes = Some(length);
        self.one.digests = digests;
        self.one.parts = self.one.sent.as_ref().map_or(0, |sent| sent.parts);
        // What is there may be what was just written: that is not to be taken away as if it were another.
        if order.conflict == OnConflict::SkipIfIdentical
            && !self.to()?.shows_early()
            && let Some(etag) = self.is_there().await?
        {
            self.one.etag = etag;
            return Err(Halt::Over(Ended::Skipped));
        }
        self.one.committing = true;
        self.put().await?;
        Ok(())
    }

    /// Puts the file in its place, and compares what the place says of it.
    pub(in crate::relay) async fn commit(&mut self) -> Result<Ended, Halt> {
        let to = self.to()?;
        let Some(sent) = self.one.sent.clone() else {
            return Err(destination(PlaceError::UploadLost));
        };
        let length = self.one.bytes.unwrap_or(sent.offset);
        let whole = Whole { length, parts: sent.parts, digests: self.one.digests.clone() };
        match to.commit(&sent.upload, &whole).await {
            Ok(written) => {
                let etag = written.etag.clone();
                let is_cut = written.length.is_some_and(|written| written < length);
                let is_longer = written.length.is_some_and(|written| written > length);
                let other = differing(&whole.digests, &written.digests);
                let is_other = is_cut || is_longer || other.is_some();
                // Whoever puts something into a file makes it no shorter.
                if is_other && !is_cut && to.may_rewrite() {
                    let Written { length, digests, .. } = written;
                    self.one.rewritten = Some(Rewritten { bytes: length, digests });
                } else if is_other {
                    let what = other.map_or("length".to_owned(), |other| other.to_string());
                    let path = &sent.upload.target.path;
                    let is_gone = self.remove(to, path, etag.as_deref()).await;
                    let stays = if is_gone { "" } else { STAYS };
                    let message = format!("the {what} of the file is not what was sent{stays}");
                    return Err(corrupt(message));
                }
                self.one.etag = etag;
                Ok(Ended::Succeeded)
            }
            Err(error @ (PlaceError::Exists | PlaceError::UploadLost)) => {
                // An earlier commit of ours may have got through.
                let was_ours = self.is_in_doubt || matches!(error, PlaceError::UploadLost);
                if was_ours && let Some(etag) = self.is_there().await? {
                    self.one.etag = etag;
                    return Ok(Ended::Succeeded);
                }
                match error {
                    PlaceError::Exists => Err(self.taken().await),
                    error => Err(destination(error)),
                }
            }
            Err(error) => {
                self.is_in_doubt = true;
                Err(destination(error))
            }
        }
    }

    /// What follows when somebody else has the name by now.
    pub(super) async fn taken(&mut self) -> Halt {
        let is_renamed = self.one.order.conflict == OnConflict::Rename;
        self.again = self.kept.clone();
        if !is_renamed || (self.one.bringer != Bringer::Place && self.again.is_none()) {
            return destination(PlaceError::Exists);
        }
        self.one.renames += 1;
        match self.begin_again().await {
            Ok(()) => destination(PlaceError::UploadLost),
            Err(stop) => stop.into(),
        }
    }

    /// Whether the file at the destination is the one that was sent; its entity tag. It is read where nothing else tells.
    pub(super) async fn is_there(&self) -> Result<Option<Option<String>>, Halt> {
        let to = self.to()?;
        let path = self.one.path.as_ref().unwrap_or(&self.one.order.destination.path);
        let there = match to.stat(path).await {
            Ok(there) => there,
            Err(PlaceError::NotFound) => return Ok(None),
            Err(error) => return Err(destination(error)),
        };
        let length = self.one.bytes;
        if there.length.is_some() && there.length != length {
            return Ok(None);
        }
        let ours = &self.one.digests;
        if shares(ours, &there.digests) {
            return Ok(differing(ours, &there.digests).is_none().then_some(there.etag));
        }
        let opened = match to.open(path, Range::default(), None).await {
            Ok(opened) => opened,
            Err(PlaceError::NotFound) => return Ok(None),
            Err(error) => return Err(destination(error)),
        };
        let flow = Flow::new(opened.body, Hasher::new(&[]), 0, Arc::default(), W::beside());
        let lost = |why: Broke| destination(PlaceError::Temporary { detail: why.to_string() });
        flow.pass_over(length.unwrap_or_default(), true).await.map_err(lost)?;
        let is_at_end = flow.is_at_end().await.map_err(lost)?;
        let theirs = flow.hasher().await.map_err(lost)?.finish();
        let is_same = is_at_end && shares(ours, &theirs) && differing(ours, &theirs).is_none();
        Ok(is_same.then_some(there.etag))
    }
}

/// Whether both know a digest by the same algorithm.
pub(super) fn shares(ours: &[Digest], theirs: &[Digest]) -> bool {
    let has = |algorithm: Algorithm| theirs.iter().any(|digest| digest.algorithm == algorithm);
    ours.iter().any(|digest| has(digest.algorithm))
}
