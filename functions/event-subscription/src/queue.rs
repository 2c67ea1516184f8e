use headgate_events::key_id;
use serde::Serialize;

use crate::World;
use crate::aws::QueueMessage;
use crate::event_subscription::EventSubscription;
use crate::parallel::in_parallel;
use crate::refusal::Refusal;
use crate::trace::Trace;

/// Which messages the queue is to deliver again ("Implementing partial batch responses", Lambda developer guide).
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchAnswer {
    batch_item_failures: Vec<ItemFailure>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: String,
}

impl<W: World> EventSubscription<W> {
    /// Takes each message of a queue, and says which are to come again.
    ///
    /// # Errors
    ///
    /// [`Refusal::StoreUnavailable`] for all of them: the queue then delivers every message again, whether it understands
    /// partial answers or not.
    pub(crate) async fn take_messages(
        &self,
        messages: Vec<QueueMessage>,
        trace: &Trace,
    ) -> Result<BatchAnswer, Refusal> {
        let results = in_parallel(messages, |message| {
            Some(async move {
                let QueueMessage { id, events } = message;
                let result = match events {
                    Ok(events) => self.take(events, trace).await,
                    Err(error) => Err(Refusal::from(error)),
                };
                (id, result)
            })
        })
        .await;
        let mut answer = BatchAnswer::default();
        for (id, result) in results {
            match result {
                Ok(_) => continue,
                Err(Refusal::StoreUnavailable) => return Err(Refusal::StoreUnavailable),
                Err(refusal) => {
                    self.warn(&format_args!("message {} is to come again: {refusal}", key_id(&id)));
                }
            }
            answer.batch_item_failures.push(ItemFailure { item_identifier: id });
        }
        Ok(answer)
    }
}
