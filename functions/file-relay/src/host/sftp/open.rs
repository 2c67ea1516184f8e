use std::sync::Arc;

use super::connection::Connection;
use super::failure::Failure;
use super::known::Known;

/// A file that is open on the server. It is closed when this is dropped.
pub(super) struct Open {
    pub(super) connection: Arc<Connection>,
    handle: Option<String>,
}

impl Open {
    pub(super) const fn new(connection: Arc<Connection>, handle: String) -> Self {
        Self { connection, handle: Some(handle) }
    }

    pub(super) fn handle(&self) -> String {
        self.handle.clone().unwrap_or_default()
    }

    pub(super) async fn known(&self) -> Result<Known, Failure> {
        let found = self.connection.session().fstat(self.handle()).await;
        let found = found.map_err(|error| self.connection.failure(&error))?;
        Known::of(&found.attrs).map_err(Failure)
    }

    /// Has the server put on its disk what it has, where it knows how.
    pub(super) async fn sync(&self) -> Result<(), Failure> {
        if !self.connection.knows_sync() {
            return Ok(());
        }
        let done = self.connection.session().fsync(self.handle()).await;
        done.map(|_| ()).map_err(|error| self.connection.failure(&error))
    }

    pub(super) async fn close(mut self) -> Result<(), Failure> {
        let Some(handle) = self.handle.take() else { return Ok(()) };
        let done = self.connection.session().close(handle).await;
        done.map(|_| ()).map_err(|error| self.connection.failure(&error))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let Some(handle) = self.handle.take() else { return };
        let connection = Arc::clone(&self.connection);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let _ = connection.session().close(handle).await;
            });
        }
    }
}
