//! Which files a relay of many files has: as the place or the request lists them, kept page by page.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use headgate_core::{KeyValue, KeyValueError, Timer, Timestamp, ids};

use super::carrier::Ended;
use super::ledger::{Ledger, Stop};
use super::order::{Files, Spot};
use super::record::Failure;
use super::relays::{RecordError, Relays};
use super::retry::{self, Next, Side};
use super::work::{Many, PAGE, Work};
use crate::keys;
use crate::place::{Listing, Storage};
use crate::ports::World;

/// The most files of one relay.
const MOST: u32 = 100_000;

/// How many pages of a place's list may be empty in a row.
const EMPTY: u32 = 1_000;

impl<W: World> Relays<W> {
    /// Writes down which files there are.
    pub(super) async fn list(
        self: &Arc<Self>,
        ledger: &Ledger<W>,
        many: &mut Many,
        (until, is_stopped): (Option<Timestamp>, &AtomicBool),
    ) -> Result<Option<Ended>, Stop> {
        let failed =
            |code: &str, message: String| Ok(Some(Ended::Failed(Failure::new(code, message))));
        let Files::Below(Spot { place, path: prefix }) = many.order.files.clone() else {
            return Ok(None);
        };
        let (mut failures, mut empty) = (0, 0);
        while !many.is_listed && !is_stopped.load(Ordering::Relaxed) {
            if until.is_some_and(|until| self.now() >= until) {
                return Ok(Some(Ended::Rest(None)));
            }
            let Some(named) = self.places.get(&place).filter(|named| named.read) else {
                return failed("PlaceUnknown", "the source is not configured any more".to_owned());
            };
            let Listing { files, next } =
                match named.place.list(&prefix, many.after.as_deref()).await {
                    Ok(listing) => listing,
                    Err(error) => {
                        failures += 1;
                        let spread = self.random_byte();
                        match retry::judge(&error, Side::Source, failures, spread) {
                            Next::Again(pause) => {
                                self.ports.clock.sleep(pause).await;
                                continue;
                            }
                            Next::BeginAgain(_) | Next::Fail => {
                                let code = retry::code(&error, Side::Source);
                                return failed(code, format!("source: {error}"));
                            }
                        }
                    }
                };
            failures = 0;
            empty = if files.is_empty() { empty + 1 } else { 0 };
            if next.is_some() && (next == many.after || empty == EMPTY) {
                let message = "source: its list of files does not come to an end";
                return failed("SourceRefused", message.to_owned());
            }
            let spots: Vec<_> =
                files.into_iter().map(|path| Spot { place: place.clone(), path }).collect();
            for spots in spots.chunks(PAGE as usize) {
                let stored = self.keep_page(ledger.id(), many, many.pages, spots).await;
                stored.map_err(|error| Stop::Store(error.into()))?;
                many.pages += 1;
                let length = u32::try_from(spots.len()).unwrap_or(u32::MAX);
                many.counts.total = many.counts.total.saturating_add(length);
            }
            if many.counts.total > MOST {
                let message = format!("there are more than {MOST} files: relay a part of them");
                return failed("TooManyFiles", message);
            }
            many.is_listed = next.is_none();
            many.after = next;
            let listed = many.clone();
            ledger.put(|relay| relay.work = Work::Many(Box::new(listed.clone()))).await?;
        }
        Ok(None)
    }

    /// Keeps the files that a request lists: before the relay is stored, which has only how many they are.
    pub(crate) async fn keep_files(
        &self,
        id: &str,
        many: &Many,
        spots: &[Spot],
    ) -> Result<(), KeyValueError> {
        for (page, spots) in (0..).zip(spots.chunks(PAGE as usize)) {
            self.keep_page(id, many, page, spots).await?;
        }
        Ok(())
    }

    async fn keep_page(
        &self,
        id: &str,
        many: &Many,
        page: u32,
        spots: &[Spot],
    ) -> Result<(), KeyValueError> {
        let value = serde_json::to_vec(spots).unwrap_or_default();
        self.ports.key_value.set(&page_key(id, many, page), &value).await
    }

    /// None when it is not there, or is none.
    pub(super) async fn page(
        &self,
        id: &str,
        many: &Many,
        page: u32,
    ) -> Result<Option<Vec<Spot>>, RecordError> {
        let value = self.ports.key_value.get(&page_key(id, many, page)).await?;
        Ok(value.and_then(|value| serde_json::from_slice(&value).ok()))
    }

    /// Forgets which files they were.
    pub(crate) async fn forget_files(&self, id: &str, many: &Many) -> Result<(), KeyValueError> {
        for page in 0..many.pages {
            self.ports.key_value.delete(&page_key(id, many, page)).await?;
        }
        Ok(())
    }
}

/// Where a page of the files is. What one request lists is never in the place of what another does.
fn page_key(id: &str, many: &Many, page: u32) -> String {
    match &many.order.files {
        Files::Below(_) => keys::page(id, page),
        Files::These { list, .. } => keys::page(&ids::hash(&["files", id, list]), page),
    }
}
