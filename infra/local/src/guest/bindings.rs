//! The host's side of the interfaces in `wit/`, generated.
#![allow(missing_docs, unreachable_pub, reason = "generated")]

wasmtime::component::bindgen!({
    path: ["../../shared/spin/wit/deps/headgate-digest", "wit"],
    world: "headgate:local/guest-imports",
    imports: {
        "wasi:keyvalue/store": async | trappable,
        "wasi:keyvalue/atomics": async | trappable,
        "wasi:keyvalue/batch": async | trappable,
        default: trappable,
    },
    with: {
        "wasi:keyvalue/store.bucket": crate::guest::key_value::Bucket,
        "wasi:keyvalue/atomics.cas": crate::guest::key_value::Cas,
        "spin:key-value/key-value.store": crate::guest::key_value::Bucket,
        "spin:redis/redis.connection": crate::guest::redis::Connection,
    },
    require_store_data_send: true,
});
