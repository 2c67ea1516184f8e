use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::engine::EpochClock;
use crate::server::Server;
use crate::store::Store;
use crate::tick::Timer;

/// A host that serves. Dropping it stops it, too, without waiting for its end.
#[derive(Debug)]
pub struct Running {
    application: String,
    address: SocketAddr,
    routes: Vec<(String, String)>,
    stop: watch::Sender<bool>,
    ended: JoinHandle<Drained>,
}

/// What became of the requests that were under way when a host stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// All were answered.
    Finished,
    /// Some were broken off at the end of the time that was given to them.
    BrokenOff,
}

/// What a host is made of once it is loaded.
pub(crate) struct Parts {
    pub(crate) application: String,
    pub(crate) address: SocketAddr,
    pub(crate) listener: TcpListener,
    pub(crate) server: Arc<Server>,
    pub(crate) timers: Vec<Timer>,
    pub(crate) store: Arc<Store>,
    pub(crate) epoch: EpochClock,
    pub(crate) drain: Duration,
    /// Tells the instances to end.
    pub(crate) end: watch::Sender<bool>,
    /// Is closed when the last instance is gone.
    pub(crate) gone: mpsc::Receiver<Infallible>,
}

/// How long instances that were told to end may take for it before the host does not wait any more.
const END_LIMIT: Duration = Duration::from_secs(2);

impl Running {
    pub(crate) fn start(parts: Parts) -> Self {
        let (stop, stopped) = watch::channel(false);
        let routes = parts.server.routes.iter();
        let routes =
            routes.map(|(route, target)| (route.to_string(), target.component.name.to_string()));
        Self {
            application: parts.application.clone(),
            address: parts.address,
            routes: routes.collect(),
            stop,
            ended: tokio::spawn(run(parts, stopped)),
        }
    }

    /// The application's name.
    #[must_use]
    pub fn application(&self) -> &str {
        &self.application
    }

    /// Where it listens; the port is the real one.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The routes and the component of each, in the order in which they are tried.
    #[must_use]
    pub fn routes(&self) -> &[(String, String)] {
        &self.routes
    }

    /// Takes no new request, lets what is under way finish within [`Limits::drain`](crate::Limits::drain), and gives the
    /// address and the state free.
    pub async fn shut_down(self) -> Drained {
        self.stop.send_replace(true);
        // A host that panicked has finished nothing.
        self.ended.await.unwrap_or(Drained::BrokenOff)
    }
}

async fn run(parts: Parts, stopped: watch::Receiver<bool>) -> Drained {
    let mut timers = JoinSet::new();
    for timer in parts.timers {
        timers.spawn(timer.run(Arc::clone(&parts.server)));
    }
    let finished = Arc::clone(&parts.server).serve(parts.listener, stopped, parts.drain).await;
    timers.shutdown().await;
    drop(parts.server);
    parts.end.send_replace(true);
    let mut gone = parts.gone;
    // An instance that computes ends at its next tick; one that does not end is not waited for.
    let _ = tokio::time::timeout(END_LIMIT, gone.recv()).await;
    parts.store.close();
    drop(parts.epoch);
    if finished { Drained::Finished } else { Drained::BrokenOff }
}
