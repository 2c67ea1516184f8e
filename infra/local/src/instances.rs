//! The instances of one component: when one is made, what it takes on, and when it ends.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::task::AtomicWaker;
use tokio::sync::{mpsc, watch};
use tokio::time::Sleep;
use wasmtime::component::GuestTaskId;
use wasmtime::{Engine, Store, StoreContextMut};
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, ProxyPre, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
};

use crate::guest::{Environment, Fate, Guest};
use crate::limits::Limits;
use crate::output::Stream;

/// Makes the instances of one component that share one queue of requests.
pub(crate) struct Instances {
    pub(crate) engine: Engine,
    pub(crate) pre: Arc<ProxyPre<Guest>>,
    pub(crate) environment: Arc<Environment>,
    pub(crate) limits: Limits,
    /// The most requests that one instance serves in its life.
    pub(crate) reuse: usize,
    /// The most requests that one instance serves at the same time. With 1, an instance takes on the next request only
    /// once the answer before is complete, so that no trap breaks an answer off that is not its own.
    pub(crate) concurrency: usize,
    /// Changes when every instance is to end.
    pub(crate) stop: watch::Receiver<bool>,
    /// Is held by every instance, so that their end can be waited for.
    pub(crate) alive: mpsc::Sender<std::convert::Infallible>,
}

impl HandlerState for Instances {
    type StoreData = Guest;
    type WorkerExpiration = Lifetime;
    type WorkerState = InstanceState;

    async fn instantiate(&self) -> wasmtime::Result<Instance<Guest, Lifetime, InstanceState>> {
        let mut store = Guest::store(&self.engine, &self.environment)?;
        let proxy = self.pre.instantiate_async(&mut store).await?;
        let answers = Arc::<OpenAnswers>::default();
        let mut stop = self.stop.clone();
        Ok(Instance {
            store,
            proxy,
            view: Guest::http,
            expiration: Lifetime {
                idle: self.limits.idle,
                working: self.limits.response_timeout,
                pause: Box::pin(tokio::time::sleep(self.limits.idle)),
                stop: self.stop.clone(),
                stopped: Box::pin(async move {
                    // The host is gone when the other end is.
                    let _ = stop.changed().await;
                }),
                registered: false,
                answers: Arc::clone(&answers),
            },
            state: InstanceState {
                environment: Arc::clone(&self.environment),
                reuse: self.reuse,
                concurrency: self.concurrency,
                response_timeout: self.limits.response_timeout,
                answers,
                _alive: self.alive.clone(),
            },
        })
    }
}

/// The answers of one instance whose bodies are still on their way.
#[derive(Default)]
struct OpenAnswers {
    count: AtomicUsize,
    refused: AtomicBool,
    instance: AtomicWaker,
}

/// Keeps an answer of an instance open; dropping it lets the instance take on the next request.
pub(crate) struct OpenAnswer(Arc<OpenAnswers>);

impl OpenAnswer {
    fn new(answers: &Arc<OpenAnswers>) -> Self {
        answers.count.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(answers))
    }
}

impl Drop for OpenAnswer {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.instance.wake();
        }
    }
}

/// A request that is late is given up by itself first; only an instance that does not even get to that is ended.
const GRACE: Duration = Duration::from_secs(1);

/// What an instance takes on.
pub(crate) struct InstanceState {
    environment: Arc<Environment>,
    reuse: usize,
    concurrency: usize,
    response_timeout: Duration,
    answers: Arc<OpenAnswers>,
    _alive: mpsc::Sender<std::convert::Infallible>,
}

impl WorkerState for InstanceState {
    type StoreData = Guest;
    type RequestData = Arc<Fate>;

    fn should_accept_request(&self, running: usize, served: usize) -> ShouldAccept {
        if served >= self.reuse {
            return ShouldAccept::Never;
        }
        if self.concurrency == 1 && self.answers.count.load(Ordering::Acquire) > 0 {
            self.answers.refused.store(true, Ordering::Release);
            return ShouldAccept::No;
        }
        if running >= self.concurrency { ShouldAccept::No } else { ShouldAccept::Yes }
    }

    fn on_request_start(
        &self,
        mut store: StoreContextMut<'_, Guest>,
        fate: Arc<Fate>,
        task: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + 'static + Send + Sync>> {
        if self.concurrency == 1 {
            fate.keep_open(OpenAnswer::new(&self.answers));
        }
        store.data_mut().begin(task, fate);
        Box::pin(tokio::time::sleep(self.response_timeout))
    }

    fn drop(&self, store: Store<Guest>, result: wasmtime::Result<()>) {
        drop(store);
        if let Err(error) = result {
            let line = format!("instance stopped: {}", error.root_cause());
            let environment = &self.environment;
            (environment.output)(&environment.component, Stream::Stderr, line.as_bytes());
        }
    }
}

/// When an instance ends: after a while without work, when it works for too long, or with the host.
pub(crate) struct Lifetime {
    idle: Duration,
    working: Duration,
    pause: Pin<Box<Sleep>>,
    stop: watch::Receiver<bool>,
    /// Wakes the instance when it is to end; it is asked once and then taken for registered, as an instance is one task
    /// with one waker.
    stopped: Pin<Box<dyn Future<Output = ()> + Send + Sync>>,
    registered: bool,
    answers: Arc<OpenAnswers>,
}

impl WorkerExpiration for Lifetime {
    fn poll(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        status: WorkerStatus,
        start: Instant,
    ) -> Poll<()> {
        if self.stop.has_changed().unwrap_or(true) {
            return Poll::Ready(());
        }
        if !self.registered {
            self.registered = true;
            if self.stopped.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
        }
        // An instance that refused a request for an open answer asks again as soon as the last one is complete, also
        // when that happened just now.
        self.answers.instance.register(context.waker());
        if self.answers.count.load(Ordering::Acquire) == 0
            && self.answers.refused.swap(false, Ordering::AcqRel)
        {
            context.waker().wake_by_ref();
        }
        let limit = match status {
            WorkerStatus::Idle => self.idle,
            WorkerStatus::Requests => self.working.saturating_add(GRACE),
            WorkerStatus::PostReturn => self.working,
        };
        let Some(end) = start.checked_add(limit) else {
            return Poll::Pending;
        };
        let end = end.into();
        // Nearly every request moves the end on. A timer that comes too early is moved when it comes.
        loop {
            let deadline = self.pause.deadline();
            if end < deadline {
                self.pause.as_mut().reset(end);
            }
            if self.pause.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            if end <= deadline {
                return Poll::Ready(());
            }
            self.pause.as_mut().reset(end);
        }
    }
}
