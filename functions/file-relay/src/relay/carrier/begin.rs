use super::Carrier;
use super::finish::shares;
use super::halt::{Ended, Halt, destination, over, source};
use crate::digest::{Hasher, differing};
use crate::place::{Opened, Place, PlaceError, Range, Stat, Storage, Target};
use crate::ports::World;
use crate::relay::ledger::Stop;
use crate::relay::order::{OnConflict, Spot};
use crate::relay::rename;
use crate::relay::retry::Side;
use crate::relay::work::{Bringer, Sent};

impl<W: World> Carrier<'_, W> {
    /// Makes what was sent agree with what the place holds; gives how many bytes it holds that are not known yet.
    pub(in crate::relay) async fn reconcile(&mut self) -> Result<u64, Halt> {
        let Some(sent) = &self.one.sent else { return Ok(0) };
        let held = match self.to()?.held(&sent.upload).await {
            Ok(held) => held,
            Err(PlaceError::UploadLost | PlaceError::Unsupported(_) | PlaceError::NotFound) => {
                self.begin_again().await?;
                return Ok(0);
            }
            Err(error) => return Err(destination(error)),
        };
        let total = self.one.stat.as_ref().and_then(|stat| stat.length);
        if total.is_some_and(|total| held > total) {
            // That is not what was sent.
            self.begin_again().await?;
            return Ok(0);
        }
        // A part that is there in part is sent again as a whole.
        let usable = match sent.size {
            _ if total == Some(held) => held,
            Some(size) => held - held.checked_rem(size).unwrap_or_default(),
            None => 0,
        };
        let is_told = self.one.stat.as_ref().is_some_and(|stat| stat.validator.is_some());
        match usable.checked_sub(sent.offset) {
            Some(ahead) if ahead == 0 && sent.offset == 0 => Ok(0),
            // What comes again may be something else: it is written again, as it is hashed.
            Some(_) if self.one.bringer == Bringer::Chunks => Ok(0),
            // Nothing would tell that the source is another file now.
            Some(ahead) if is_told => Ok(ahead),
            _ => {
                self.begin_again().await?;
                Ok(0)
            }
        }
    }

    /// Takes away what was sent, so that everything is sent again.
    pub(super) async fn begin_again(&mut self) -> Result<(), Stop> {
        if let Some(sent) = self.one.sent.clone() {
            self.abort(&sent.upload).await;
        }
        self.one.give_up();
        self.is_in_doubt = false;
        self.one.digests = Vec::new();
        self.one.bytes = None;
        self.progress.set(0);
        self.put().await
    }

    /// Opens the source where the next byte is that was not sent; as the same file, if some of it is there already.
    pub(super) async fn open(&mut self, spot: &Spot, is_ahead: bool) -> Result<Opened, Halt> {
        let place = self.place(spot, Side::Source)?;
        let at = self.offset();
        let known = self.one.stat.as_ref().filter(|_| at > 0 || is_ahead);
        let validator = known.and_then(|known| known.validator.as_deref());
        let range = Range { from: at, until: None };
        let opened = place.open(&spot.path, range, validator).await.map_err(source)?;
        let is_same = known.is_none_or(|known| {
            known.validator == opened.stat.validator && known.length == opened.stat.length
        });
        if !is_same || opened.from > at {
            return Err(source(PlaceError::Changed));
        }
        Ok(opened)
    }

    /// Begins the upload, if none is under way.
    pub(in crate::relay) async fn begin_with(&mut self, stat: Stat) -> Result<(), Halt> {
        if self.one.sent.is_some() && self.offset() > 0 {
            return Ok(());
        }
        let is_known =
            self.one.stat.as_ref().is_some_and(|known| {
                known.length == stat.length && known.validator == stat.validator
            });
        if self.one.sent.is_some() {
            if is_known {
                return Ok(());
            }
            self.begin_again().await?;
        }
        if let (Some(wanted), Some(length)) = (self.one.order.length, stat.length)
            && wanted != length
        {
            let message = format!("the file has {length} bytes, and {wanted} were expected");
            return Err(over("LengthUnexpected", message));
        }
        let to = self.to()?;
        self.one.stat = Some(stat);
        let there = self.choose_path(to).await?;
        let stat = self.one.stat.clone().unwrap_or_default();
        let order = &self.one.order;
        let cut = match (stat.length, self.most) {
            (Some(length), Some(most)) => to.cut_within(length, most),
            (length, _) => to.cut(length),
        };
        let cut = cut.map_err(destination)?;
        let path = self.one.path.clone().unwrap_or_else(|| order.destination.path.clone());
        let mut algorithms = to.algorithms().to_vec();
        let known = stat.digests.iter().chain(there.iter().flat_map(|there| &there.digests));
        algorithms.extend(known.chain(&order.digest).map(|digest| digest.algorithm));
        let target = Target {
            relay: format!("{}.{}", self.ledger.id(), self.one.begun),
            path,
            length: stat.length,
            content_type: order.content_type.clone().or(stat.content_type),
            conflict: order.conflict.at_place(),
        };
        let upload = to.begin(&target).await.map_err(destination)?;
        self.one.sent = Some(Sent {
            upload,
            size: cut.size,
            needs_length: cut.needs_length,
            parts: 0,
            offset: 0,
            hasher: Hasher::new(&algorithms).save(),
        });
        self.put().await?;
        Ok(())
    }

    /// Gives the file the media type that came with its first bytes, where none was known before.
    pub(in crate::relay) async fn retype(&mut self, content_type: &str) -> Result<(), Halt> {
        let known = self.one.order.content_type.as_ref();
        let known = known.or(self.one.stat.as_ref().and_then(|stat| stat.content_type.as_ref()));
        if known.is_some() || self.offset() > 0 {
            return Ok(());
        }
        let to = self.to()?;
        let before = match &mut self.one.sent {
            Some(sent) => to.retype(&mut sent.upload, content_type).await.map_err(destination)?,
            None => None,
        };
        if let Some(stat) = &mut self.one.stat {
            stat.content_type = Some(content_type.to_owned());
        }
        self.put().await?;
        if let Some(before) = before {
            // One that stays has no part, and costs nothing; who may write may not always give up.
            let _ = to.abort(&before).await;
        }
        Ok(())
    }

    /// Finds the path that the file goes to; gives what is there, if it may have to be compared.
    pub(super) async fn choose_path(&mut self, to: &Place<W>) -> Result<Option<Stat>, Halt> {
        let path = self.one.order.destination.path.clone();
        let too_long = |_| over("NameTooLong", "the path has no room for a new name");
        match self.one.order.conflict {
            OnConflict::Replace => Ok(None),
            OnConflict::Fail => match to.stat(&path).await {
                Ok(_) => Err(destination(PlaceError::Exists)),
                // The place says so once more when the file is put in its place.
                Err(_) => Ok(None),
            },
            OnConflict::Rename => {
                while self.one.renames <= rename::MOST {
                    let path = rename::renamed(&path, self.one.renames).map_err(too_long)?;
                    match to.stat(&path).await {
                        Ok(_) => self.one.renames += 1,
                        Err(PlaceError::NotFound) => {
                            self.one.path = Some(path);
                            return Ok(None);
                        }
                        Err(error) => return Err(destination(error)),
                    }
                }
                let message = format!("{} names are taken already", rename::MOST + 1);
                Err(over("DestinationExists", message))
            }
            OnConflict::SkipIfIdentical => match to.stat(&path).await {
                Err(PlaceError::NotFound) => Ok(None),
                Err(error) => Err(destination(error)),
                Ok(there) => {
                    let stat = self.one.stat.as_ref();
                    let ours = stat.map(|stat| stat.digests.as_slice()).unwrap_or_default();
                    let is_same_length = stat.and_then(|stat| stat.length) == there.length;
                    let is_same = shares(ours, &there.digests)
                        && is_same_length
                        && differing(ours, &there.digests).is_none();
                    if is_same {
                        self.one.bytes = there.length;
                        self.one.digests = there.digests;
                        self.one.etag = there.etag;
                        return Err(Halt::Over(Ended::Skipped));
                    }
                    Ok(Some(there))
                }
            },
        }
    }
}
