//! Runs a command component under the embedded wasmtime: `run_component FILE [--wide-arithmetic]`.
//!
//! Native only. It serves `crypto_speed`.
#![allow(
    clippy::expect_used,
    reason = "a measuring program: it stops at the first thing that fails"
)]

#[cfg(target_family = "wasm")]
fn main() {}

#[cfg(not(target_family = "wasm"))]
fn main() {
    use wasmtime::component::{Component, Linker, ResourceTable};
    use wasmtime::{Config, Engine, Store};
    use wasmtime_wasi::p2::bindings::sync::Command;
    use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

    struct Guest {
        wasi: WasiCtx,
        table: ResourceTable,
    }

    impl WasiView for Guest {
        fn ctx(&mut self) -> WasiCtxView<'_> {
            WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
        }
    }

    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().expect("the component's file is named");
    let mut config = Config::new();
    config.wasm_wide_arithmetic(arguments.any(|argument| argument == "--wide-arithmetic"));
    let engine = Engine::new(&config).expect("the engine starts");
    let component = Component::from_file(&engine, file).expect("the component compiles");
    let mut linker = Linker::new(&engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker).expect("WASI links");
    let guest =
        Guest { wasi: WasiCtx::builder().inherit_stdio().build(), table: ResourceTable::new() };
    let mut store = Store::new(&engine, guest);
    let command = Command::instantiate(&mut store, &component, &linker).expect("it instantiates");
    let ended = command.wasi_cli_run().call_run(&mut store).expect("it does not trap");
    ended.expect("it succeeds");
}
