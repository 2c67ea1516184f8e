use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use headgate_core::{Timestamp, ids};

use super::carrier::Ended;
use super::ledger::{LEASE, Ledger, Stop};
use super::order::{Files, ManyOrder, Order, Spot};
use super::record::{Failure, Relay, State};
use super::relays::{RecordError, Relays};
use super::work::{Bringer, Counts, Many, One, Work};
use crate::file_path::FilePath;
use crate::ports::World;

/// How often the counts are written.
const PACE: Duration = Duration::from_secs(1);

impl<W: World> Relays<W> {
    /// Lists the files, and carries each by a relay of its own. Once it is stopped no other file is begun.
    pub(super) async fn carry_many(
        self: &Arc<Self>,
        ledger: &Ledger<W>,
        mut many: Many,
        until: Option<Timestamp>,
        is_stopped: &AtomicBool,
    ) -> Result<Ended, Stop> {
        let id = ledger.id();
        if is_stopped.load(Ordering::Relaxed) {
            if !self.stop_files(ledger, until).await.map_err(Stop::Store)? {
                return Ok(Ended::Rest(None));
            }
        } else if let Some(ended) = self.list(ledger, &mut many, (until, is_stopped)).await? {
            return Ok(ended);
        }
        if many.is_again && !is_stopped.load(Ordering::Relaxed) {
            if !self.reset_files(id, &many, until).await.map_err(Stop::Store)? {
                return Ok(Ended::Rest(None));
            }
            let put = |relay: &mut Relay| {
                if let Work::Many(many) = &mut relay.work {
                    many.is_again = false;
                }
            };
            ledger.put(put).await?;
        }
        let mut counts = Counts { total: many.counts.total, ..Counts::default() };
        let (mut next, mut written) = (None, self.now());
        for page in 0..many.pages {
            let Some(spots) = self.page(id, &many, page).await.map_err(Stop::Store)? else {
                let message = "the list of the files is lost: relay them again";
                return Ok(Ended::Failed(Failure::new("FilesUnknown", message)));
            };
            let order = &many.order;
            let mut files = stream::iter(spots)
                .map(|spot| async move {
                    let may_begin = !is_stopped.load(Ordering::Relaxed)
                        && until.is_none_or(|until| self.now() < until);
                    self.carry_file(id, order, &spot, (until, may_begin)).await
                })
                .buffer_unordered(many.order.parallel.max(1));
            while let Some(file) = files.next().await {
                match file.map_err(Stop::Store)? {
                    Some(relay) if relay.state.is_final() => count(&mut counts, &relay),
                    Some(relay) => {
                        let due = relay.next.map(|next| next.timestamp());
                        let due = due.unwrap_or_else(|| self.now().plus(LEASE));
                        next = Some(next.map_or(due, |next: Timestamp| next.min(due)));
                    }
                    None if is_stopped.load(Ordering::Relaxed) => counts.cancelled += 1,
                    None => next = Some(self.now()),
                }
                if self.now().since(written) >= PACE {
                    written = self.now();
                    put_counts(ledger, counts).await?;
                }
            }
        }
        put_counts(ledger, counts).await?;
        if is_stopped.load(Ordering::Relaxed) {
            return Ok(Ended::Cancelled);
        }
        if next.is_some() {
            return Ok(Ended::Rest(next));
        }
        let missing = counts.total.saturating_sub(counts.succeeded + counts.skipped);
        if missing > 0 {
            let message = format!("{missing} of {} files did not arrive", counts.total);
            return Ok(Ended::Failed(Failure::new("FilesFailed", message)));
        }
        Ok(Ended::Succeeded)
    }

    /// Carries one of the files as far as that goes now; none when it was not begun, and may not be.
    async fn carry_file(
        self: &Arc<Self>,
        id: &str,
        order: &ManyOrder,
        spot: &Spot,
        (until, may_begin): (Option<Timestamp>, bool),
    ) -> Result<Option<Relay>, RecordError> {
        let file = file_id(id, spot);
        let held = match self.read(&file).await? {
            Some(held) => held,
            None if !may_begin => return Ok(None),
            None => {
                let one = One::new(order_of(order, spot), Bringer::Place);
                let work = Work::One(Box::new(one));
                let mut relay = Relay::new(work, String::new(), self.now());
                relay.parent = Some(id.to_owned());
                self.create(&file, relay).await?.0
            }
        };
        if held.state().state.is_final() || !(may_begin || held.state().cancel) {
            return Ok(Some(held.state().clone()));
        }
        self.carry(&file, until).await?;
        Ok(self.read(&file).await?.map(|held| held.state().clone()))
    }

    /// Puts those of the files that did not arrive back to their beginning; false when there was no time for all.
    async fn reset_files(
        self: &Arc<Self>,
        id: &str,
        many: &Many,
        until: Option<Timestamp>,
    ) -> Result<bool, RecordError> {
        for page in 0..many.pages {
            for spot in self.page(id, many, page).await?.unwrap_or_default() {
                if until.is_some_and(|until| self.now() >= until) {
                    return Ok(false);
                }
                if let Some(held) = self.read(&file_id(id, &spot)).await? {
                    self.reset(held).await?;
                }
            }
        }
        Ok(true)
    }

    /// Stops all of the files that were begun; false when there was no time for all.
    pub(super) async fn stop_files(
        self: &Arc<Self>,
        ledger: &Ledger<W>,
        until: Option<Timestamp>,
    ) -> Result<bool, RecordError> {
        let (id, Work::Many(many)) = (ledger.id(), ledger.relay().await.work) else {
            return Ok(true);
        };
        for page in 0..many.pages {
            for spot in self.page(id, &many, page).await?.unwrap_or_default() {
                if until.is_some_and(|until| self.now() >= until) {
                    return Ok(false);
                }
                self.cancel(&file_id(id, &spot)).await?;
            }
        }
        Ok(true)
    }
}

async fn put_counts<W: World>(ledger: &Ledger<W>, counts: Counts) -> Result<(), Stop> {
    ledger
        .put(|relay| {
            if let Work::Many(many) = &mut relay.work {
                many.counts = counts;
            }
        })
        .await
}

fn count(counts: &mut Counts, relay: &Relay) {
    match relay.state {
        State::Queued | State::Running => {}
        State::Succeeded => {
            counts.succeeded += 1;
            if let Work::One(one) = &relay.work {
                counts.bytes = counts.bytes.saturating_add(one.bytes.unwrap_or_default());
            }
        }
        State::Skipped => counts.skipped += 1,
        State::Failed => counts.failed += 1,
        State::Cancelled => counts.cancelled += 1,
    }
}

/// The relay of one of many files.
pub(crate) fn file_id(parent: &str, spot: &Spot) -> String {
    ids::hash(&["file", parent, &spot.place, spot.path.as_str()])
}

/// Below a folder files keep their paths; those that are listed one by one keep their names.
fn order_of(order: &ManyOrder, spot: &Spot) -> Order {
    let path = &spot.path;
    let below = match &order.files {
        Files::Below(above) if !above.path.is_root() => {
            let rest = path.as_str().strip_prefix(above.path.as_str());
            rest.map(|rest| rest.trim_start_matches('/'))
        }
        Files::Below(_) => Some(path.as_str()),
        Files::These { .. } => None,
    };
    let below = below.filter(|below| !below.is_empty()).unwrap_or_else(|| path.name());
    let below = FilePath::new(below).unwrap_or_default();
    let target = order.folder.path.join(&below).unwrap_or(below);
    Order {
        source: Some(spot.clone()),
        destination: Spot { place: order.folder.place.clone(), path: target },
        conflict: order.conflict,
        content_type: None,
        length: None,
        digest: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_below_a_folder_keep_their_paths_and_listed_ones_their_names() {
        let spot = |text: &str| Spot { place: "a".to_owned(), path: FilePath::new(text).unwrap() };
        let order = |files| ManyOrder {
            files,
            folder: Spot { place: "b".to_owned(), ..spot("in") },
            conflict: crate::relay::OnConflict::Fail,
            parallel: 1,
        };
        let target = |files, of: &str| {
            order_of(&order(files), &spot(of)).destination.path.as_str().to_owned()
        };
        assert_eq!(target(Files::Below(spot("2026/q1")), "2026/q1/x/y.pdf"), "in/x/y.pdf");
        assert_eq!(target(Files::Below(spot("")), "x/y.pdf"), "in/x/y.pdf");
        let these = Files::These { count: 1, list: String::new() };
        assert_eq!(target(these, "2026/q1/y.pdf"), "in/y.pdf");
    }
}
