use bytes::Bytes;
use headgate_core::{Body, Clock, HttpClient, HttpError, TraceContext};
use headgate_entra::{AccessToken, Scope};
use headgate_proxy::remove_hop_by_hop;
use http::header::{
    ACCEPT, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH,
    CONTENT_TYPE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method, Request, Response, Uri};

use crate::caller_answer::named;
use crate::desk::Desk;
use crate::examined::examine;
use crate::flows::{Caller, Flow};
use crate::ports::World;
use crate::refusal::classify;
use crate::reply::Failure;
use crate::retry_after::retry_after;

/// The headers of a request that go to the flow, besides those that are configured. The caller's own credentials do not.
const USUAL: [HeaderName; 7] = [
    ACCEPT,
    ACCEPT_LANGUAGE,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    HeaderName::from_static("x-ms-client-tracking-id"),
];

/// A body of at most so many bytes is kept, so that it can be sent again with another token.
const KEPT: usize = 64 * 1024;

/// Sends a caller's request to a flow, and gives its answer: that of the flow, and not Power Automate's own.
///
/// It is sent once. Only a refused token is replaced, once, when the body is short enough to be kept: nothing ran then.
pub(crate) async fn call<W: World>(
    desk: &Desk<W>,
    flow: &Flow,
    parts: &Parts,
    body: Body,
) -> Result<Response<Body>, Failure> {
    let headers = request_headers(parts, flow);
    let Caller::Identity { credential, scope } = &flow.caller else {
        return judged(desk, send(desk, flow, headers, None, body).await?).await;
    };
    let token = desk.identities.token(credential, scope).await.map_err(Failure::Token)?;
    let (body, kept) = keep(parts, body).await?;
    let sent = send(desk, flow, headers.clone(), Some(&token), body).await?;
    let answer = judged(desk, sent).await;
    let refused =
        matches!(&answer, Err(Failure::Refused { refusal, .. }) if refusal.wants_another_token());
    let Some(body) = kept.filter(|_| refused) else { return answer };
    match another(desk, credential, scope, &token).await {
        None => answer,
        Some(token) => {
            judged(desk, send(desk, flow, headers, Some(&token), Body::from(body)).await?).await
        }
    }
}

async fn another<W: World>(
    desk: &Desk<W>,
    credential: &str,
    scope: &Scope,
    refused: &AccessToken,
) -> Option<AccessToken> {
    desk.identities.token_instead_of(credential, scope, refused, None).await.ok().flatten()
}

/// Fetches from where a run's answer will be: without a token, since the address is a secret that says all (contracts §3.3).
pub(crate) async fn fetch<W: World>(
    desk: &Desk<W>,
    flow: &Flow,
    location: &Uri,
) -> Result<Response<Body>, Failure> {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = location.clone();
    let sent = desk.ports.http.send(request, flow.timeout).await.map_err(failure)?;
    judged(desk, sent).await
}

async fn send<W: World>(
    desk: &Desk<W>,
    flow: &Flow,
    mut headers: HeaderMap,
    token: Option<&AccessToken>,
    body: Body,
) -> Result<Response<Body>, Failure> {
    if let Some(token) = token {
        headers.insert(AUTHORIZATION, token.authorization());
    }
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = flow.address.clone();
    *request.headers_mut() = headers;
    desk.ports.http.send(request, flow.timeout).await.map_err(failure)
}

fn failure(error: HttpError) -> Failure {
    match error {
        HttpError::NotAllowed(_) | HttpError::Unreachable(_) => Failure::Unreachable(error),
        HttpError::TimedOut => Failure::TimedOut,
        HttpError::RequestBody(_) => Failure::RequestBroken,
        HttpError::Protocol(_) => Failure::Lost,
    }
}

fn request_headers(parts: &Parts, flow: &Flow) -> HeaderMap {
    let mut own = parts.headers.clone();
    remove_hop_by_hop(&mut own);
    let mut headers = HeaderMap::new();
    for name in USUAL.iter().chain(&flow.request_headers) {
        for value in own.get_all(name) {
            headers.append(name.clone(), value.clone());
        }
    }
    if let Some(trace) = parts.extensions.get::<TraceContext>() {
        trace.inject(&mut headers);
    }
    headers
}

/// Reads a short body, so that it can be sent twice; a longer one, or one that does not say how long it is, streams.
async fn keep(parts: &Parts, body: Body) -> Result<(Body, Option<Bytes>), Failure> {
    use http_body::Body as _;
    let said =
        parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let length: Option<u64> = body.size_hint().exact().or(said);
    if length.is_none_or(|length| length > KEPT as u64) {
        return Ok((body, None));
    }
    let bytes = body.read(KEPT).await.map_err(|_| Failure::RequestBroken)?;
    Ok((Body::from(bytes.clone()), Some(bytes)))
}

/// Tells what Power Automate itself says from what the flow answers.
async fn judged<W: World>(
    desk: &Desk<W>,
    answer: Response<Body>,
) -> Result<Response<Body>, Failure> {
    let status = answer.status();
    if status.is_redirection() {
        return Err(Failure::Redirected);
    }
    if !status.is_client_error() && !status.is_server_error() {
        return Ok(answer);
    }
    let (parts, body) = answer.into_parts();
    let (whole, body) = examine(body).await;
    match classify(status, &parts.headers, whole.as_deref()) {
        None => Ok(Response::from_parts(parts, body)),
        Some(refusal) => Err(Failure::Refused {
            refusal,
            retry_after: retry_after(&parts.headers, desk.ports.clock.now()),
            named: named(&parts.headers),
        }),
    }
}
