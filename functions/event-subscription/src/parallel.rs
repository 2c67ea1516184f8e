use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

/// How many events are worked on at a time.
pub(crate) const PARALLEL: usize = 8;

/// Does something with each item, eight at a time, and gives the results in no order. `begin` may let an item be.
pub(crate) async fn in_parallel<I, F>(
    items: impl IntoIterator<Item = I>,
    mut begin: impl FnMut(I) -> Option<F>,
) -> Vec<F::Output>
where
    F: Future,
{
    let mut waiting = items.into_iter();
    let mut running = FuturesUnordered::new();
    let mut results = Vec::new();
    loop {
        while running.len() < PARALLEL {
            let Some(item) = waiting.next() else { break };
            running.extend(begin(item));
        }
        match running.next().await {
            Some(result) => results.push(result),
            None => return results,
        }
    }
}
