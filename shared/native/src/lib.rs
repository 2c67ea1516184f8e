//! The ports on tokio, reqwest, redb, Redis and DynamoDB; serves plain HTTP and AWS Lambda.
//!
//! A function's `main` is one call of [`run`], which reads the command line and the environment, makes the
//! [`NativePorts`], has the function made from them, and serves it: as a Lambda function when `AWS_LAMBDA_RUNTIME_API` is
//! set, and over HTTP otherwise. One binary so serves AWS Lambda, Azure Functions (as a custom handler), containers and a
//! laptop.
//!
//! The key-value store is one file, which one process uses at a time, or what `HEADGATE_STORE` names: a Redis server or a
//! table of DynamoDB, which any number of processes and machines share. Nothing is opened or connected before the first
//! use.

mod aws;
mod background;
mod base_path;
mod catch_panic;
mod command_line;
mod connect_phase;
mod disk_files;
mod dynamo_db_store;
mod env_variables;
mod function;
mod head_deadline;
mod http_server;
mod lambda;
mod lines;
mod metrics;
mod native_store;
mod os_random;
mod outbound_proxy;
mod outlets;
mod panic_report;
mod patient_body;
mod patient_io;
mod ports;
mod public_addresses;
mod redb_store;
mod redis_failure;
mod redis_store;
mod request_log;
mod reqwest_client;
mod run;
mod run_to_end;
mod settings;
mod shutdown;
mod stderr_diagnostics;
mod store_place;
mod system_clock;
mod unread;

pub use background::NativeBackground;
pub use disk_files::DiskFiles;
pub use dynamo_db_store::DynamoDbStore;
pub use env_variables::EnvVariables;
pub use function::{Command, Function, Variable, help};
pub use http_server::{HttpServer, Limits};
pub use native_store::NativeStore;
pub use os_random::OsRandom;
pub use outlets::NativeOutlets;
pub use ports::NativePorts;
pub use redb_store::RedbStore;
pub use redis_store::RedisStore;
pub use reqwest_client::ReqwestClient;
pub use run::run;
pub use stderr_diagnostics::StderrDiagnostics;
pub use store_place::{StorePlace, StorePlaceError};
pub use system_clock::SystemClock;
