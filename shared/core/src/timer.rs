use std::future::Future;
use std::time::Duration;

/// Lets a request wait.
///
/// An implementor wakes the caller once `duration` has passed, and may do so later, never much earlier; it holds no
/// thread meanwhile.
pub trait Timer: Send + Sync {
    /// Waits for `duration`.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;
}
