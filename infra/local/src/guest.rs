//! One instance of a component: what it holds, what it may reach, and how far it may go.

mod bindings;
mod cpu_budget;
mod key_value;
mod memory_limit;
mod redis;
mod sha256;
mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use headgate_core::Clock;
use wasmtime::component::{GuestTaskId, HasSelf, Linker, ResourceTable};
use wasmtime::{Engine, Store, StoreContextMut, UpdateDeadline};

use wasmtime_wasi::{FsPerms, HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::instances::OpenAnswer;
use crate::outbound::Outbound;
use crate::output::{GuestOutput, LineSink, Stream};
use crate::redis_connections::RedisConnections;

use cpu_budget::CpuBudget;
pub(crate) use cpu_budget::TICK;
use memory_limit::MemoryLimit;

/// What every instance of a component is given.
pub(crate) struct Environment {
    pub(crate) component: Arc<str>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) environment: Vec<(String, String)>,
    /// Folders of the host and where the guest reads them.
    pub(crate) folders: Vec<(PathBuf, String)>,
    pub(crate) key_value_stores: BTreeSet<String>,
    pub(crate) store: Arc<crate::store::Store>,
    pub(crate) outbound: Outbound,
    pub(crate) redis: RedisConnections,
    pub(crate) output: LineSink,
    pub(crate) clock: Option<Arc<dyn Clock>>,
    pub(crate) memory: usize,
    pub(crate) table_elements: usize,
    pub(crate) cpu: Duration,
}

/// The most resources (streams, requests, handles of any kind) that an instance may hold at a time.
const RESOURCE_LIMIT: usize = 16 * 1024;

/// The state of one instance.
pub(crate) struct Guest {
    environment: Arc<Environment>,
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: Outbound,
    memory: MemoryLimit,
    cpu: CpuBudget,
    requests: Vec<(GuestTaskId, Arc<Fate>)>,
}

/// What became of a request inside its instance, beyond its answer.
#[derive(Default)]
pub(crate) struct Fate {
    out_of_time: AtomicBool,
    open: Mutex<Option<OpenAnswer>>,
}

impl Fate {
    /// Remembers what keeps the instance from its next request.
    pub(crate) fn keep_open(&self, answer: OpenAnswer) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
    }

    /// Hands it over to the answer's body.
    pub(crate) fn take_open(&self) -> Option<OpenAnswer> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Says whether this very request used up the guest's CPU time.
    pub(crate) fn is_out_of_time(&self) -> bool {
        self.out_of_time.load(Ordering::Relaxed)
    }
}

/// Why a guest was stopped.
#[derive(Debug, thiserror::Error)]
#[error("the guest used more CPU time than --guest-timeout allows")]
struct OutOfTime;

impl Guest {
    /// Makes the store of a new instance, with every limit in place.
    pub(crate) fn store(
        engine: &Engine,
        environment: &Arc<Environment>,
    ) -> wasmtime::Result<Store<Self>> {
        let mut table = ResourceTable::new();
        table.set_max_capacity(RESOURCE_LIMIT);
        let guest = Self {
            table,
            wasi: wasi(environment)?,
            http: WasiHttpCtx::new(),
            outbound: environment.outbound.clone(),
            memory: MemoryLimit::new(environment.memory, environment.table_elements),
            cpu: CpuBudget::new(environment.cpu),
            requests: Vec::new(),
            environment: Arc::clone(environment),
        };
        let mut store = Store::new(engine, guest);
        store.limiter(|guest| &mut guest.memory);
        store.epoch_deadline_callback(on_tick);
        store.set_epoch_deadline(1);
        Ok(store)
    }

    /// A request begins in this instance.
    pub(crate) fn begin(&mut self, task: GuestTaskId, fate: Arc<Fate>) {
        self.cpu.renew();
        // Whoever nobody waits for any more is not to be told.
        self.requests.retain(|(_, fate)| Arc::strong_count(fate) > 1);
        self.requests.push((task, fate));
    }
}

/// Lets the guest go on after the others had their turn, or stops it when its time is up.
fn on_tick(mut context: StoreContextMut<'_, Guest>) -> wasmtime::Result<UpdateDeadline> {
    if context.data_mut().cpu.spend_tick() {
        let turn = Box::pin(tokio::task::yield_now());
        return Ok(UpdateDeadline::YieldCustom(1, turn));
    }
    let running = context.async_call_stack()?.last();
    let guest = context.data_mut();
    let culprit = guest.requests.iter().find(|(task, _)| Some(*task) == running);
    if let Some((_, fate)) = culprit {
        fate.out_of_time.store(true, Ordering::Relaxed);
    }
    Err(OutOfTime.into())
}

fn wasi(environment: &Environment) -> wasmtime::Result<WasiCtx> {
    let output = |stream| {
        GuestOutput::new(
            Arc::clone(&environment.component),
            stream,
            Arc::clone(&environment.output),
        )
    };
    let mut wasi = WasiCtxBuilder::new();
    wasi.envs(&environment.environment)
        .stdout(output(Stream::Stdout))
        .stderr(output(Stream::Stderr));
    if let Some(clock) = &environment.clock {
        wasi.wall_clock(GuestClock(Arc::clone(clock)));
    }
    for (folder, destination) in &environment.folders {
        wasi.preopened_dir(folder, destination, FsPerms::ReadOnly)?;
    }
    Ok(wasi.build())
}

struct GuestClock(Arc<dyn Clock>);

impl HostWallClock for GuestClock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        self.0.now().since(headgate_core::Timestamp::default())
    }
}

/// Everything that a component may import.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    bindings::GuestImports::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    Ok(linker)
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for Guest {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.outbound }
    }
}
