use headgate_core::{Clock, Diagnostics, KeyValue};

use super::Outbox;
use super::dead_letter::{DeadLetter, Stored};
use super::entry::Entry;
use super::hand_over::{HandOverError, HandedOver};

/// What was taken back from the dead letters.
#[derive(Debug)]
#[must_use = "deliver it: a tick does so only once the lease has run out"]
pub struct Redelivered {
    /// The dead letters that are none any more.
    pub letters: Vec<DeadLetter>,
    /// The events, for [`Outbox::deliver`].
    pub handed: HandedOver,
}

impl<H, K, C, R, D, O, T> Outbox<H, K, C, R, D, O, T>
where
    K: KeyValue,
    C: Clock,
    D: Diagnostics,
{
    /// Takes every dead letter of the events with this id back: each goes to its sink again, with all attempts and its
    /// whole time to live before it. None is no error.
    ///
    /// # Errors
    ///
    /// [`HandOverError`] when the store does not answer. Nothing is lost: an event is in the outbox again before its
    /// dead letter goes.
    pub async fn redeliver(&self, id: &str) -> Result<Redelivered, HandOverError> {
        let (stored, _more) = self.read_all::<Stored>(&self.keys.dead_letters_of(id)).await?;
        let mut redelivered = Redelivered { letters: Vec::new(), handed: HandedOver::default() };
        for (key, letter) in stored {
            let letter = DeadLetter::from(letter);
            let now = self.ports.clock.now();
            let round = letter.round.saturating_add(1);
            let sinks = std::iter::once(letter.sink.as_str());
            let entry = Entry::new(letter.event.clone(), round, sinks, now);
            let entry_key = self.keys.redelivery(&entry.event, &letter.sink, round);
            self.retired.forget(&letter.sink);
            if let Some(claimed) = self.store_new(entry_key, &entry, now).await? {
                redelivered.handed.claimed.push(claimed);
            }
            self.ports.key_value.delete(&key).await?;
            redelivered.letters.push(letter);
        }
        Ok(redelivered)
    }
}
