use futures_util::stream;
use futures_util::{StreamExt, TryStreamExt};
use headgate_core::Body;
use headgate_core::reply::page;
use http::Response;
use http::request::Parts;
use serde_json::{Map, Value, json};

use super::parameters;
use crate::dataverse::{CallError, Flow, FlowPage, Schemas, encoded};
use crate::guid::Guid;
use crate::ports::World;
use crate::refusal::Refusal;
use crate::robots::Robots;

/// How many schemas are read at a time: Dataverse allows 52 requests of one user.
const PARALLEL: usize = 8;

/// The longest name of a page.
const LONGEST_AFTER: usize = 4_000;

/// Shows desktop flows, a page of Dataverse's at a time; what goes in and comes out only if that is asked for, since it costs two
/// requests for each.
pub(crate) async fn all_flows<W: World>(
    robots: &Robots<W>,
    parts: &Parts,
) -> Result<Response<Body>, Refusal> {
    let (mut with_schemas, mut after) = (false, None);
    for (name, value) in parameters(parts) {
        match (name, value.as_str()) {
            ("schemas", "true") => with_schemas = true,
            ("schemas", "false") => with_schemas = false,
            ("schemas", _) => return Err(Refusal::Query("schemas must be true or false")),
            ("after", "") => return Err(Refusal::Query(AFTER)),
            ("after", _) if value.len() > LONGEST_AFTER => return Err(Refusal::Query(AFTER)),
            ("after", _) => after = Some(value),
            _ => return Err(Refusal::Query("there are the parameters schemas and after")),
        }
    }
    let FlowPage { flows, next } = robots.dataverse.flows(after.as_deref()).await?;
    let shown = stream::iter(flows)
        .map(|flow| async move {
            let schemas = match with_schemas {
                true => Some(one_of_many(robots.dataverse.schemas(&flow.id).await)?),
                false => None,
            };
            Ok::<Value, CallError>(view(&flow.id, Some(&flow), schemas))
        })
        .buffered(PARALLEL);
    let shown: Vec<Value> = shown.try_collect().await?;
    let mut found = json!({ "flows": shown });
    if let (Some(found), Some(next)) = (found.as_object_mut(), next) {
        let with = if with_schemas { "schemas=true&" } else { "" };
        found.insert("next".to_owned(), json!(format!("flows?{with}after={}", encoded(&next))));
    }
    Ok(page("flows", &found))
}

const AFTER: &str = "after must be that of the page before";

/// One flow without a readable schema does not hide the others.
fn one_of_many(schemas: Result<Schemas, CallError>) -> Result<Schemas, CallError> {
    match schemas {
        Err(CallError::Refused { .. } | CallError::Unusable) => Ok(Schemas::default()),
        schemas => schemas,
    }
}

/// Shows one desktop flow.
pub(crate) async fn one_flow<W: World>(
    robots: &Robots<W>,
    id: &str,
) -> Result<Response<Body>, Refusal> {
    let id: Guid = id.parse().map_err(|_| Refusal::FlowUnknown)?;
    match robots.dataverse.schemas(&id).await {
        Err(CallError::Refused { status: 404, .. }) => Err(Refusal::FlowUnknown),
        Err(error) => Err(error.into()),
        Ok(schemas) => Ok(page("flow", &view(&id, None, Some(schemas)))),
    }
}

fn view(id: &Guid, flow: Option<&Flow>, schemas: Option<Schemas>) -> Value {
    let mut shown = Map::from_iter([("id".to_owned(), json!(id))]);
    shown.extend(flow.map(|flow| ("name".to_owned(), json!(flow.name))));
    if let Some(Schemas { inputs, outputs }) = schemas {
        shown.insert("inputs".to_owned(), json!(inputs));
        shown.insert("outputs".to_owned(), json!(outputs));
    }
    Value::Object(shown)
}
