//! How long it takes to instantiate components and to drop them again: `instantiate FILE…`, one line of JSON each.
//!
//! Instances come from a pool, as in the local host; imports other than WASI 0.2 are traps, as nothing calls them. A
//! measuring program: it stops at the first thing that fails.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "it measures, prints, and stops at the first thing that fails"
)]

use std::time::Instant;

use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

const WARMING: usize = 200;
const MEASURED: usize = 2_000;

struct Guest {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    config.wasm_wide_arithmetic(true);
    config.epoch_interruption(true);
    let mut pool = PoolingAllocationConfig::new();
    pool.max_component_instance_size(4 * 1024 * 1024).max_core_instance_size(4 * 1024 * 1024);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    let engine = Engine::new(&config).expect("the engine starts");
    for file in std::env::args().skip(1) {
        let component = Component::from_file(&engine, &file).expect("the component compiles");
        let mut linker = Linker::<Guest>::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).expect("WASI links");
        linker.define_unknown_imports_as_traps(&component).expect("every import links");
        let pre = linker.instantiate_pre(&component).expect("the component links");
        let mut micros = Vec::with_capacity(MEASURED);
        for turn in 0..WARMING + MEASURED {
            let begun = Instant::now();
            let guest = Guest { wasi: WasiCtx::builder().build(), table: ResourceTable::new() };
            let mut store = Store::new(&engine, guest);
            store.set_epoch_deadline(u64::MAX / 2);
            pre.instantiate_async(&mut store).await.expect("it instantiates");
            drop(store);
            if turn >= WARMING {
                micros.push(begun.elapsed().as_secs_f64() * 1e6);
            }
        }
        micros.sort_by(f64::total_cmp);
        let at = |part: usize| micros.get(MEASURED * part / 100).expect("there are so many");
        println!(r#"{{"file":"{file}","p50_us":{:.1},"p99_us":{:.1}}}"#, at(50), at(99));
    }
}
