use std::io;

/// The wish that the process ends: SIGTERM, or Ctrl-C.
///
/// From the moment it is made, the process no longer ends by itself on these signals.
#[derive(Debug)]
pub(crate) struct Shutdown {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Shutdown {
    /// Begins to listen for the signals.
    ///
    /// # Errors
    ///
    /// The operating system's.
    #[cfg(unix)]
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the wish.
    #[cfg(unix)]
    pub(crate) async fn wished(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Begins to listen for the signals.
    ///
    /// # Errors
    ///
    /// None on this system.
    #[cfg(not(unix))]
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the wish.
    #[cfg(not(unix))]
    pub(crate) async fn wished(self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
