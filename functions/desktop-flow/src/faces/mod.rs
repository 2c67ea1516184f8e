//! The routes.

mod completions;
mod connections;
mod flows;
mod runs;

pub(crate) use completions::complete;
pub(crate) use connections::{all_connections, delete_connection, one_connection, put_connection};
pub(crate) use flows::{all_flows, one_flow};
pub(crate) use runs::{all_runs, cancel, one_run, run};
