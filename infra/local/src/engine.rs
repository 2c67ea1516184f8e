use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};

use wasmtime::{
    Cache, CacheConfig, Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig,
};

use crate::guest::TICK;
use crate::limits::Limits;

/// Makes the engine: WASI 0.3 components, wide arithmetic, instances from a pool, compiled code kept in `cache`.
pub(crate) fn engine(limits: &Limits, cache: &Path) -> wasmtime::Result<Engine> {
    let mut cached = CacheConfig::new();
    // The cache insists on an absolute folder.
    cached.with_directory(std::path::absolute(cache)?);
    let cache = Cache::new(cached)?;
    let config = |pooled: bool| {
        let mut config = Config::new();
        config.wasm_component_model_async(true);
        config.wasm_wide_arithmetic(true);
        config.epoch_interruption(true);
        config.cache(Some(cache.clone()));
        if pooled {
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits)));
        }
        config
    };
    // A pool reserves terabytes of address space. Where a system does not give them, instances are made one by one.
    Engine::new(&config(true)).or_else(|_| Engine::new(&config(false)))
}

fn pool(limits: &Limits) -> PoolingAllocationConfig {
    let instances = limits.instances;
    let mut pool = PoolingAllocationConfig::new();
    // A composed component has several core modules, each with tables and often a memory; stacks serve the requests that
    // are under way at the same time.
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(8))
        .total_memories(instances.saturating_mul(2))
        .total_tables(instances.saturating_mul(8))
        .total_stacks(instances.saturating_mul(4))
        .max_memory_size(limits.guest_memory)
        .table_elements(limits.table_elements)
        .max_component_instance_size(4 * 1024 * 1024)
        .max_core_instance_size(4 * 1024 * 1024);
    pool
}

/// Moves the engine's epoch on for as long as it lives, so that every guest that computes is looked at once a tick.
///
/// It is a thread because the runtime's own threads may all be inside guests.
pub(crate) struct EpochClock {
    _stop: Sender<()>,
}

impl EpochClock {
    pub(crate) fn start(engine: Engine) -> std::io::Result<Self> {
        let (stop, stopped) = channel();
        std::thread::Builder::new().name("headgate-epoch".to_owned()).spawn(move || {
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                engine.increment_epoch();
            }
        })?;
        Ok(Self { _stop: stop })
    }
}
