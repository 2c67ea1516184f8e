use headgate_core::reply::{page, read_body, with_outcome};
use headgate_core::{Body, Clock, KeyValue};
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::connections::{ConnectionError, ConnectionRequest, Kept, Service, Verdict};
use crate::guid::Guid;
use crate::keys;
use crate::ports::World;
use crate::refusal::Refusal;
use crate::robots::Robots;

type Answer = Result<Response<Body>, Refusal>;

/// The longest body: a certificate comes by reference.
const BODY_LIMIT: usize = 64 * 1024;

fn service<W: World>(robots: &Robots<W>) -> Result<&Service<W>, ConnectionError> {
    robots.connections.as_ref().ok_or(ConnectionError::NotConfigured)
}

fn id_of(text: &str) -> Result<Guid, ConnectionError> {
    text.parse().map_err(|_| ConnectionError::Id)
}

/// Puts a connection, and judges whether it works.
pub(crate) async fn put_connection<W: World>(robots: &Robots<W>, id: &str, body: Body) -> Answer {
    const ROUTE: &str = "connection";
    let (service, id) = (service(robots)?, id_of(id)?);
    let body = match read_body(body, BODY_LIMIT, ROUTE).await {
        Ok(body) => body,
        Err(response) => return Ok(response),
    };
    let request = ConnectionRequest::parse(&body)?;
    let body = request.body(&service.environment, &robots.variables).await?;
    let (status, verdict) = service.put(&id, &body).await?;
    let kept = Kept::new(&id, &request, &verdict, robots.ports.clock.now().into());
    // It holds texts and numbers, which always serialise.
    let value = serde_json::to_vec(&kept).unwrap_or_default();
    robots.ports.key_value.set(&keys::connection(id.as_str()), &value).await?;
    if !verdict.is_connected() {
        let Verdict { status, code, message, .. } = verdict;
        return Err(ConnectionError::Broken { status, code, message }.into());
    }
    let mut response = page(ROUTE, &shown(&kept));
    if status == StatusCode::CREATED {
        *response.status_mut() = StatusCode::CREATED;
    }
    Ok(response)
}

/// Shows a connection with its status of this moment, where the API is asked for it.
pub(crate) async fn one_connection<W: World>(robots: &Robots<W>, id: &str) -> Answer {
    let (service, id) = (service(robots)?, id_of(id)?);
    let kept = kept(robots, &keys::connection(id.as_str())).await?;
    if !service.verbs.get {
        let kept = kept.ok_or(ConnectionError::Unknown)?;
        return Ok(page("connection", &shown(&kept)));
    }
    let verdict = match service.get(&id).await {
        Ok(verdict) => verdict,
        Err(error) if error.is_not_found() => return Err(ConnectionError::Unknown.into()),
        Err(error) => return Err(error.into()),
    };
    let mut found = kept.as_ref().map_or_else(|| json!({ "id": id }), shown);
    if let Some(found) = found.as_object_mut() {
        found.insert("status".to_owned(), json!(verdict.status));
        if let Some(name) = &verdict.display_name {
            found.insert("displayName".to_owned(), json!(name));
        }
        if !verdict.code.is_empty() || !verdict.message.is_empty() {
            let error = json!({ "code": verdict.code, "message": verdict.message });
            found.insert("error".to_owned(), error);
        }
    }
    Ok(page("connection", &found))
}

/// Deletes a connection.
pub(crate) async fn delete_connection<W: World>(robots: &Robots<W>, id: &str) -> Answer {
    let (service, id) = (service(robots)?, id_of(id)?);
    if !service.verbs.delete {
        return Err(ConnectionError::VerbNotUsed("DELETE").into());
    }
    match service.delete(&id).await {
        Err(error) if !error.is_not_found() => return Err(error.into()),
        Ok(()) | Err(_) => {}
    }
    robots.ports.key_value.delete(&keys::connection(id.as_str())).await?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(with_outcome(response, "connection", "ok"))
}

/// Shows the connections that this function has put, as they were judged last.
pub(crate) async fn all_connections<W: World>(robots: &Robots<W>) -> Answer {
    service(robots)?;
    let mut keys = robots.ports.key_value.list(keys::CONNECTIONS).await?;
    keys.sort_unstable();
    let mut found = Vec::new();
    for key in keys {
        found.extend(kept(robots, &key).await?.as_ref().map(shown));
    }
    Ok(page("connections", &json!({ "connections": found })))
}

async fn kept<W: World>(robots: &Robots<W>, key: &str) -> Result<Option<Kept>, Refusal> {
    let value = robots.ports.key_value.get(key).await?;
    Ok(value.and_then(|value| serde_json::from_slice(&value).ok()))
}

fn shown(kept: &Kept) -> Value {
    let mut shown = serde_json::to_value(kept).unwrap_or_default();
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("putOn".to_owned(), json!(kept.put_on.timestamp().to_string()));
    }
    shown
}
