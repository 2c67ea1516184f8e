use std::time::Duration;

use headgate_core::Timer;

use super::Carrier;
use super::halt::{Ended, Halt};
use crate::file_path::FilePath;
use crate::place::{Place, PlaceError, Storage, Upload};
use crate::ports::World;
use crate::relay::ledger::Stop;

/// How often it is tried to take away what was written.
const CLEANINGS: u32 = 5;

/// What a failure says when something of the file is left.
pub(super) const STAYS: &str = "; what was written could not be taken away";

impl<W: World> Carrier<'_, W> {
    /// Takes away what was written, at the end.
    pub(in crate::relay) async fn clean(&mut self, ended: Ended) -> Result<Ended, Stop> {
        let is_clean = match self.one.sent.clone() {
            None => true,
            Some(sent) => self.abort(&sent.upload).await,
        };
        self.one.give_up();
        Ok(match ended {
            Ended::Failed(mut failure) if !is_clean && !failure.message.ends_with(STAYS) => {
                failure.message.push_str(STAYS);
                Ended::Failed(failure)
            }
            ended => ended,
        })
    }

    /// Stops because somebody wants that. What may be in its place already, and is what was sent, stays and has arrived.
    pub(in crate::relay) async fn stop(&mut self) -> Result<Ended, Stop> {
        let ledger = self.ledger;
        if self.one.committing {
            match ledger.hold(self.commit_or_find()).await? {
                Ok(ended) => return Ok(ended),
                Err(Halt::Stop(stop)) => return Err(stop),
                Err(Halt::Over(ended)) => return ledger.hold(self.clean(ended)).await?,
                Err(Halt::Place(..)) => {}
            }
        }
        ledger.hold(self.clean(Ended::Cancelled)).await?
    }

    async fn commit_or_find(&mut self) -> Result<Ended, Halt> {
        self.is_in_doubt = true;
        match self.commit().await {
            Err(halt @ Halt::Place(..)) => match self.is_there().await? {
                Some(etag) => {
                    self.one.etag = etag;
                    Ok(Ended::Succeeded)
                }
                None => Err(halt),
            },
            ended => ended,
        }
    }

    pub(super) async fn abort(&self, upload: &Upload) -> bool {
        let Ok(to) = self.to() else { return false };
        for cleaning in 1..=CLEANINGS {
            match to.abort(upload).await {
                Ok(()) => return true,
                Err(error) if is_last(&error, cleaning) => {
                    let id = self.ledger.id();
                    self.relays.warn(&format_args!("the upload of relay {id} stays: {error}"));
                    return false;
                }
                Err(_) => self.rest(cleaning).await,
            }
        }
        false
    }

    /// Whether it is taken away.
    pub(super) async fn remove(&self, to: &Place<W>, path: &FilePath, etag: Option<&str>) -> bool {
        for cleaning in 1..=CLEANINGS {
            match to.delete(path, etag).await {
                Ok(()) | Err(PlaceError::NotFound) => return true,
                Err(error) if is_last(&error, cleaning) => {
                    let id = self.ledger.id();
                    self.relays.warn(&format_args!("the file of relay {id} stays: {error}"));
                    return false;
                }
                Err(_) => self.rest(cleaning).await,
            }
        }
        false
    }

    pub(super) async fn rest(&self, times: u32) {
        self.relays.ports.clock.sleep(Duration::from_millis(500) * times).await;
    }
}

/// Whether nothing more is tried: what a place cannot do at all, it cannot do a second later either.
const fn is_last(error: &PlaceError, cleaning: u32) -> bool {
    cleaning >= CLEANINGS || matches!(error, PlaceError::Unsupported(_))
}
