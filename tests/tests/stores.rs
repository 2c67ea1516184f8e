//! What `KeyValue` promises, asked of every native store: a file, memory, Redis and DynamoDB (moto), and of a
//! component whose store the local host keeps in Redis; and what a store says when its server is away.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong in a test has to stop it"
)]

#[cfg(test)]
#[path = "stores/contract.rs"]
mod contract;
#[cfg(test)]
#[path = "stores/dynamo_db.rs"]
mod dynamo_db;
#[cfg(test)]
#[path = "stores/event_bridge.rs"]
mod event_bridge;
#[cfg(test)]
#[path = "stores/local_host.rs"]
mod local_host;
#[cfg(test)]
#[path = "stores/redis.rs"]
mod redis;
#[cfg(test)]
#[path = "stores/setting.rs"]
mod setting;

use headgate_fakes::MemoryKeyValue;
use headgate_native::{NativeStore, RedbStore};
use headgate_tests::host::RUNTIME;

#[test]
fn a_file_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let store = NativeStore::from(RedbStore::in_folder(folder.path()));
    RUNTIME.block_on(async {
        contract::holds(&store).await;
        contract::beyond_the_limits_is_refused(&store, 1024 * 1024).await;
        contract::racing_increments_are_all_counted(&store, 1_000).await;
    });
}

#[test]
fn memory_keeps_the_contract() {
    let store = NativeStore::from(RedbStore::in_memory());
    RUNTIME.block_on(async {
        contract::holds(&store).await;
        contract::beyond_the_limits_is_refused(&store, 1024 * 1024).await;
        contract::racing_increments_are_all_counted(&store, 1_000).await;
    });
}

#[test]
fn the_fake_keeps_the_contract() {
    let store = MemoryKeyValue::new();
    RUNTIME.block_on(async {
        contract::holds(&store).await;
        contract::racing_increments_are_all_counted(&store, 1_000).await;
    });
}
