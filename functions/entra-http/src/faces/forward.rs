use std::sync::Arc;

use headgate_core::Body;
use headgate_core::reply::problem;
use headgate_proxy::{end_to_end_headers, has_content, wants_upgrade};
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH};
use http::request::Parts;
use http::{HeaderMap, Method, Response, StatusCode};

use super::call::{Call, call};
use super::invoke::{INVOKE, invoke};
use crate::acting::Actor;
use crate::body::{Faults, content};
use crate::entra_http::Shared;
use crate::ports::World;
use crate::preference::take_all_pages;
use crate::reply::{actor_unknown, no_content, unknown_upstream};
use crate::upstreams::{BodyForm, Upstream};

pub(crate) const FORWARD: &str = "forward";

/// Sends a request on to an upstream with a token of its own.
pub(crate) async fn forward<W: World>(
    shared: &Arc<Shared<W>>,
    parts: Parts,
    body: Body,
    name: &str,
    path: &str,
) -> Response<Body> {
    let Some(upstream) = shared.upstreams.get(name) else { return unknown_upstream(FORWARD) };
    if wants_upgrade(&parts) {
        return problem(
            StatusCode::NOT_IMPLEMENTED,
            "the connection cannot be upgraded",
            "send the request without Upgrade, and no CONNECT",
            (FORWARD, "UpgradeNotSupported"),
        );
    }
    if path == INVOKE && parts.method == Method::POST {
        return Box::pin(invoke(shared, upstream, &parts, body)).await;
    }
    let query = parts.uri.query().unwrap_or_default();
    let target = match Call::<'_>::judged(upstream, &parts.method, path, query) {
        Ok(target) => target,
        Err(refusal) => return *refusal,
    };
    let actor = match Actor::of(upstream.acts_for, &parts.headers) {
        Ok(actor) => actor,
        Err(unknown) => return actor_unknown(FORWARD, unknown),
    };
    let (headers, all_pages) =
        passed(upstream, &parts.method, &end_to_end_headers(&parts), upstream.body);
    let faults = Faults::default();
    let body = if has_content(&parts) { body } else { Body::empty() };
    let length = parts.headers.get(CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse().ok());
    let limit = upstream.request_bytes;
    let content = match content(body, upstream.body, length, limit, &faults).await {
        Ok(content) => content,
        Err(reason) => return no_content(FORWARD, &reason),
    };
    let asked = parts.uri.path().to_owned();
    let method = parts.method;
    let it = Call { upstream, actor, method, target, headers, content, faults, all_pages, asked };
    call(shared, it).await
}

/// The headers that go on, and whether the caller wants a list whole.
pub(super) fn passed(
    upstream: &Upstream,
    method: &Method,
    headers: &HeaderMap,
    form: BodyForm,
) -> (HeaderMap, bool) {
    let mut passed = upstream.request_headers.of(headers);
    let is_paged = *method == Method::GET && !upstream.next_link.is_empty();
    let all_pages = take_all_pages(&mut passed) && is_paged;
    if is_paged {
        // Links are read out of what comes back.
        passed.remove(ACCEPT_ENCODING);
    }
    if form == BodyForm::Base64 {
        passed.remove(CONTENT_LENGTH);
    }
    (passed, all_pages)
}
