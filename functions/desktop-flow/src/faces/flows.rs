use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream;
use headgate_core::Body;
use headgate_core::reply::page;
use http::Response;
use serde_json::{Value, json};

use crate::dataverse::{CallError, Flow, Schemas};
use crate::guid::Guid;
use crate::ports::World;
use crate::refusal::Refusal;
use crate::robots::Robots;

/// How many schemas are read at a time: Dataverse allows 52 requests of one user.
const PARALLEL: usize = 8;

/// Shows every desktop flow with what goes in and comes out.
pub(crate) async fn all_flows<W: World>(
    robots: &Arc<Robots<W>>,
) -> Result<Response<Body>, Refusal> {
    let (flows, more) = robots.dataverse.flows().await?;
    let mut shown = Vec::with_capacity(flows.len());
    let mut read = stream::iter(flows)
        .map(|flow| async move {
            let schemas = robots.dataverse.schemas(&flow.id).await;
            (flow, schemas)
        })
        .buffered(PARALLEL);
    while let Some((flow, schemas)) = read.next().await {
        shown.push(view(&flow.id, Some(&flow), schemas)?);
    }
    Ok(page("flows", &json!({ "flows": shown, "more": more })))
}

/// Shows one desktop flow.
pub(crate) async fn one_flow<W: World>(
    robots: &Arc<Robots<W>>,
    id: &str,
) -> Result<Response<Body>, Refusal> {
    let id: Guid = id.parse().map_err(|_| Refusal::FlowUnknown)?;
    match robots.dataverse.schemas(&id).await {
        Err(CallError::Refused { status: 404, .. }) => Err(Refusal::FlowUnknown),
        schemas => Ok(page("flow", &view(&id, None, schemas)?)),
    }
}

fn view(
    id: &Guid,
    flow: Option<&Flow>,
    schemas: Result<Schemas, CallError>,
) -> Result<Value, CallError> {
    let schemas = match schemas {
        Ok(schemas) => schemas,
        // One flow without a readable schema does not hide the others.
        Err(CallError::Refused { .. } | CallError::Unusable) if flow.is_some() => {
            Schemas::default()
        }
        Err(error) => return Err(error),
    };
    let mut shown = json!({ "id": id, "inputs": schemas.inputs, "outputs": schemas.outputs });
    if let (Some(shown), Some(flow)) = (shown.as_object_mut(), flow) {
        shown.insert("name".to_owned(), json!(flow.name));
    }
    Ok(shown)
}
