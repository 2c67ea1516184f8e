use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use headgate_core::Body;
use headgate_core::reply::{invalid, read_body};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use serde::Deserialize;
use url::Url;

use super::call::{Call, call};
use super::forward::{FORWARD, passed};
use crate::acting::Actor;
use crate::body::{Faults, content};
use crate::entra_http::Shared;
use crate::link::Link;
use crate::ports::World;
use crate::reply::{actor_unknown, no_content, not_on_allow_list};
use crate::upstreams::{BodyForm, Upstream};

/// The path below an upstream by which the connector "HTTP with Microsoft Entra ID" is asked (contracts, Power Platform §7).
pub(super) const INVOKE: &str = "/codeless/InvokeHttp";

/// The longest request of this form, in bytes.
const LIMIT: usize = 8 * 1024 * 1024;

/// A request as the connector takes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Invocation {
    method: String,
    url: String,
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    #[serde(default)]
    body: Option<String>,
}

/// Calls an upstream as an invocation says: its address is one of the upstream's, or relative to it.
pub(super) async fn invoke<W: World>(
    shared: &Arc<Shared<W>>,
    upstream: &Upstream,
    parts: &Parts,
    body: Body,
) -> Response<Body> {
    let bytes = match read_body(body, LIMIT, FORWARD).await {
        Ok(bytes) => bytes,
        Err(refusal) => return refusal,
    };
    let invocation: Invocation = match serde_json::from_slice(&bytes) {
        Ok(invocation) => invocation,
        Err(_) => {
            return invalid(FORWARD, "send {method, url, headers, body} as JSON, all of texts");
        }
    };
    let Ok(method) = Method::from_bytes(invocation.method.as_bytes()) else {
        return invalid(FORWARD, "method must be GET, DELETE, PATCH, POST or PUT");
    };
    let Some((path, query)) = place(upstream, &method, &invocation.url) else {
        return not_on_allow_list(FORWARD);
    };
    let target = match Call::<'_>::judged(upstream, &method, &path, &query) {
        Ok(target) => target,
        Err(refusal) => return *refusal,
    };
    let mut headers = HeaderMap::new();
    for (name, value) in invocation.headers.unwrap_or_default() {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => drop(headers.append(name, value)),
            _ => return invalid(FORWARD, "headers must be names and values that HTTP allows"),
        }
    }
    let actor = match Actor::of(upstream.acts_for, &parts.headers) {
        Ok(actor) => actor,
        Err(unknown) => return actor_unknown(FORWARD, unknown),
    };
    // Its length is that of what goes on.
    let (headers, all_pages) = passed(upstream, &method, &headers, BodyForm::Base64);
    let faults = Faults::default();
    let body = Body::from(invocation.body.map(Bytes::from).unwrap_or_default());
    let limit = upstream.request_bytes;
    let content = match content(body, upstream.body, None, limit, &faults).await {
        Ok(content) => content,
        Err(reason) => return no_content(FORWARD, &reason),
    };
    let asked = parts.uri.path().to_owned();
    call(
        shared,
        Call { upstream, actor, method, target, headers, content, faults, all_pages, asked },
    )
    .await
}

/// Where an invocation's address is below the upstream's; `None` when it is somewhere else, or could be read in more than one way.
fn place(upstream: &Upstream, method: &Method, text: &str) -> Option<(String, String)> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\#".contains(&byte));
    if text.is_empty() || !is_plain || text.starts_with("//") {
        return None;
    }
    let is_absolute = text.split_once(':').is_some_and(|(before, _)| !before.contains(['/', '?']));
    if is_absolute {
        let link = Link::within(upstream, &Url::parse(text).ok()?, method)?;
        return Some((link.path, link.query));
    }
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    Some((format!("/{}", path.strip_prefix('/').unwrap_or(path)), query.to_owned()))
}
