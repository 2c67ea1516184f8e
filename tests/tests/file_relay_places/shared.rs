//! One server for all tests that run at the same time.

use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Something that the tests share, and that ends with the last of them: what is static is never dropped.
pub(crate) struct Shared<T> {
    start: fn() -> T,
    now: Mutex<Weak<T>>,
}

impl<T> Shared<T> {
    pub(crate) const fn new(start: fn() -> T) -> Self {
        Self { start, now: Mutex::new(Weak::new()) }
    }

    /// What is there, or what is started; it stays as long as somebody holds it.
    pub(crate) fn get(&self) -> Arc<T> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = now.upgrade() {
            return there;
        }
        let started = Arc::new((self.start)());
        *now = Arc::downgrade(&started);
        started
    }
}
