use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks `mutex`, also after a test that held it has panicked: the fake's own `Drop` still has to report.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
