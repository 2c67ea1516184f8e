use std::future::Future;

/// Goes on with what a request has caused once its caller has the answer.
///
/// Work that is lost must do no harm: a process can end at any time. An implementor says truly whether it drives work to
/// its end as long as the process lives, and does not wait for one piece of work to begin another.
pub trait Background: Send + Sync {
    /// Whether work is sure to go on after the answer. Where it is not, what must happen belongs before the answer.
    fn outlives_the_answer(&self) -> bool;

    /// Begins `work`. The request may be answered when the future that this gives is ready: at once, or on a host that
    /// freezes a process once it has answered, when the work is done.
    fn begin(
        &self,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send;
}
