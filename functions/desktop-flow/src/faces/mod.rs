//! The routes.

use http::request::Parts;
use percent_encoding::percent_decode_str;

mod completions;
mod connections;
mod flows;
mod runs;

pub(crate) use completions::complete;
pub(crate) use connections::{all_connections, delete_connection, one_connection, put_connection};
pub(crate) use flows::{all_flows, one_flow};
pub(crate) use runs::{all_runs, cancel, one_run, run};

/// The parameters of the query, their values decoded.
fn parameters(parts: &Parts) -> impl Iterator<Item = (&str, String)> {
    let query = parts.uri.query().unwrap_or_default();
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name, percent_decode_str(value).decode_utf8_lossy().into_owned())
    })
}
