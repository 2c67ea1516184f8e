use std::sync::Arc;

use headgate_core::{Body, Severity};
use http::{HeaderMap, Method, Response, Uri};

use super::answer::{Asked, answered};
use super::forward::FORWARD;
use super::list::whole_list;
use super::sent::{Sending, Unsent};
use crate::acting::Actor;
use crate::body::{Content, Faults};
use crate::entra_http::Shared;
use crate::ports::World;
use crate::reply::{no_token, not_on_allow_list, target_refused, unanswered};
use crate::target::{judge_path, judge_query, without_token};
use crate::upstreams::Upstream;

/// A request to an upstream, judged.
pub(super) struct Call<'u> {
    pub(super) upstream: &'u Upstream,
    pub(super) actor: Actor,
    pub(super) method: Method,
    pub(super) target: Uri,
    /// What goes on, without a token.
    pub(super) headers: HeaderMap,
    pub(super) content: Content,
    pub(super) faults: Faults,
    /// Whether the caller wants a list whole.
    pub(super) all_pages: bool,
    /// The path by which the caller asked this function.
    pub(super) asked: String,
}

impl Call<'_> {
    /// Judges what is asked of an upstream, and gives its address; or the refusal.
    pub(super) fn judged(
        upstream: &Upstream,
        method: &Method,
        path: &str,
        query: &str,
    ) -> Result<Uri, Box<Response<Body>>> {
        let refused = |refused| Box::new(target_refused(FORWARD, refused));
        let segments = judge_path(path).map_err(refused)?;
        judge_query(query).map_err(refused)?;
        if !upstream.admits(method, &segments) {
            return Err(Box::new(not_on_allow_list(FORWARD)));
        }
        let joined = upstream.destination.join(path, &without_token(query));
        joined.map_err(|_| refused(crate::target::TargetRefused::Malformed))
    }
}

/// Calls the upstream, and makes the caller's answer of what comes.
pub(super) async fn call<W: World>(shared: &Arc<Shared<W>>, it: Call<'_>) -> Response<Body> {
    let Call { upstream, actor, method, target, headers, content, faults, all_pages, asked } = it;
    let sending = Sending { shared, upstream, actor: &actor };
    let asked = Asked { path: &asked, method: &method, target: &target };
    if all_pages {
        return Box::pin(whole_list(&sending, asked, headers)).await;
    }
    match sending.send(&method, &target, headers, content).await {
        Ok(response) => answered(shared, upstream, asked, response).await,
        Err(unsent) => failed(shared, upstream, &unsent, &faults),
    }
}

/// What a caller gets when the upstream was not called, or has not answered.
pub(super) fn failed<W: World>(
    shared: &Shared<W>,
    upstream: &Upstream,
    unsent: &Unsent,
    faults: &Faults,
) -> Response<Body> {
    let name = &upstream.name;
    match unsent {
        Unsent::Token(error) => {
            let severity = if error.is_temporary() { Severity::Warning } else { Severity::Error };
            shared.report(severity, &format_args!("upstream {name}: {error}"));
            no_token(FORWARD, name, error)
        }
        Unsent::Http(error) => {
            if matches!(error, headgate_core::HttpError::NotAllowed(_)) {
                let message = format_args!("upstream {name} may not be called from here: {error}");
                shared.report(Severity::Error, &message);
            }
            unanswered(FORWARD, error, faults)
        }
    }
}
