use headgate_core::Body;
use headgate_core::reply::page;
use http::Response;
use serde_json::json;

use crate::desk::Desk;
use crate::ports::World;

/// Shows the names of the flows, and nothing of where they are.
pub(crate) fn flows<W: World>(desk: &Desk<W>) -> Response<Body> {
    let names: Vec<_> = desk.configuration.flows.iter().map(|flow| flow.name.as_str()).collect();
    page("flows", &json!({ "flows": names }))
}
