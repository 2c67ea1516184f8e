use std::borrow::Cow;

use headgate_core::reply::{problem, with_outcome};
use headgate_core::{Body, Secret, Severity};
use headgate_entra::{ActsFor, SignedIn, judge_connection};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, LOCATION, REFERRER_POLICY,
    SET_COOKIE,
};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use crate::entra_http::Shared;
use crate::faces::consent_page::consent_page;
use crate::ports::World;
use crate::reply::{no_token, unknown_upstream};
use crate::same_origin::is_same_origin;
use crate::upstreams::Upstream;

pub(crate) const CONSENT: &str = "consent";

/// The cookie by which a browser shows that the sign-in it completes is the one that it began.
const COOKIE_NAME: &str = "__Host-headgate-consent";

/// Shows a person for what the sign-in is that the page's form begins: whoever was lured here has to press its button.
pub(crate) fn ask_consent<W: World>(
    shared: &Shared<W>,
    parts: &Parts,
    name: &str,
) -> Response<Body> {
    let connection = match asked_for(shared, parts, name) {
        Ok((_, connection)) => connection,
        Err(refusal) => return *refusal,
    };
    if let Err(error) = judge_connection(&connection) {
        return no_token(CONSENT, name, &error);
    }
    let mut response = Response::new(Body::from(consent_page(name, &connection)));
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, html);
    let mut response = private(with_outcome(response, CONSENT, "ok"));
    // Without a referrer the form's request would have the origin `null` (Fetch, "append a request `Origin` header").
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// Sends a browser to Entra, to sign in for a connection of an upstream: by the form of this function's own page alone.
pub(crate) async fn begin_consent<W: World>(
    shared: &Shared<W>,
    parts: &Parts,
    name: &str,
) -> Response<Body> {
    let (upstream, connection) = match asked_for(shared, parts, name) {
        Ok(asked) => asked,
        Err(refusal) => return *refusal,
    };
    let Upstream { credential, scope, .. } = upstream;
    if !is_same_origin(parts, shared.public_url.as_deref()) {
        return problem(
            StatusCode::FORBIDDEN,
            "the sign-in does not begin here",
            "open this address in a browser and press the button of its page",
            (CONSENT, "ConsentForeign"),
        );
    }
    match shared.identities.begin_sign_in(credential, &connection, scope).await {
        Ok(sign_in) => {
            let cookie = cookie(sign_in.state.expose(), 600);
            let (Ok(url), Ok(cookie)) = (HeaderValue::try_from(sign_in.url), cookie) else {
                return unusable("AddressUnusable");
            };
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::SEE_OTHER;
            response.headers_mut().insert(LOCATION, url);
            response.headers_mut().insert(SET_COOKIE, cookie);
            private(with_outcome(response, CONSENT, "ok"))
        }
        Err(error) => {
            shared.report(Severity::Error, &format_args!("consent for upstream {name}: {error}"));
            no_token(CONSENT, name, &error)
        }
    }
}

/// Completes a sign-in: Entra has sent the browser back.
pub(crate) async fn complete_consent<W: World>(
    shared: &Shared<W>,
    parts: &Parts,
) -> Response<Body> {
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let get = |name: &str| {
        let mut values = form_urlencoded::parse(query).filter(|(known, _)| known == name);
        values.next().map(|(_, value)| value)
    };
    let state = get("state").unwrap_or(Cow::Borrowed(""));
    let kept = kept_state(parts);
    let is_same = kept.is_some_and(|kept| bool::from(kept.as_bytes().ct_eq(state.as_bytes())));
    if state.is_empty() || !is_same {
        return page(
            StatusCode::BAD_REQUEST,
            "This sign-in was not begun in this browser, or too long ago. Begin it again.",
            "SignInUnknown",
        );
    }
    let Some(code) = get("code").filter(|code| !code.is_empty()) else {
        return page(
            StatusCode::FORBIDDEN,
            "Nobody has consented. Begin again if that was not meant.",
            "ConsentRefused",
        );
    };
    match shared.identities.complete_sign_in(&state, &Secret::new(code)).await {
        Ok(SignedIn { credential, connection }) => {
            let text = format!(
                "Done: the connection {connection} of {credential} may be used. You can close this page."
            );
            page(StatusCode::OK, &text, "ok")
        }
        Err(error) => {
            shared.report(Severity::Warning, &format_args!("a sign-in is not complete: {error}"));
            let status = if error.is_temporary() {
                StatusCode::SERVICE_UNAVAILABLE
            } else {
                StatusCode::BAD_REQUEST
            };
            page(status, "The sign-in is not complete. Begin it again.", error.name())
        }
    }
}

/// Forgets who signed in for a connection.
pub(crate) async fn withdraw_consent<W: World>(
    shared: &Shared<W>,
    parts: &Parts,
    name: &str,
) -> Response<Body> {
    let (upstream, connection) = match asked_for(shared, parts, name) {
        Ok(asked) => asked,
        Err(refusal) => return *refusal,
    };
    match shared.identities.sign_out(&upstream.credential, &connection).await {
        Ok(()) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            with_outcome(response, CONSENT, "ok")
        }
        Err(error) => no_token(CONSENT, name, &error),
    }
}

fn asked_for<'s, W: World>(
    shared: &'s Shared<W>,
    parts: &Parts,
    name: &str,
) -> Result<(&'s Upstream, String), Box<Response<Body>>> {
    let upstream = shared.upstreams.get(name).ok_or_else(|| Box::new(unknown_upstream(CONSENT)))?;
    if upstream.acts_for != ActsFor::Connection {
        return Err(Box::new(problem(
            StatusCode::NOT_FOUND,
            "nobody signs in for this upstream",
            "its credential is not of the kind authorization-code",
            (CONSENT, "NoConnections"),
        )));
    }
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let connection = form_urlencoded::parse(query).find(|(known, _)| known == "connection");
    let Some((_, connection)) = connection else {
        return Err(Box::new(problem(
            StatusCode::BAD_REQUEST,
            "nobody knows whose consent this is",
            "name the connection in the query: ?connection=NAME",
            (CONSENT, "ConnectionMissing"),
        )));
    };
    Ok((upstream, connection.into_owned()))
}

fn kept_state(parts: &Parts) -> Option<&str> {
    let values = parts.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = values.flat_map(|value| value.split(';'));
    pairs.find_map(|pair| pair.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('='))
}

fn cookie(state: &str, seconds: u32) -> Result<HeaderValue, http::header::InvalidHeaderValue> {
    let mut value = HeaderValue::try_from(format!(
        "{COOKIE_NAME}={state}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax"
    ))?;
    value.set_sensitive(true);
    Ok(value)
}

/// A page for a person, which ends the sign-in in this browser. Its text holds names alone.
fn page(status: StatusCode, text: &str, result: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{text}\n")));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    if let Ok(cookie) = cookie("", 0) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    private(with_outcome(response, CONSENT, result))
}

/// Nothing of a sign-in is kept by a cache, shown in a frame, or told to the next page. Where a form may lead is not said:
/// browsers hold a form's redirects to it, and Entra's lead on to other identity providers.
fn private(mut response: Response<Body>) -> Response<Body> {
    let headers = [
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn unusable(result: &'static str) -> Response<Body> {
    problem(
        StatusCode::BAD_GATEWAY,
        "the sign-in cannot begin",
        "the credential's authority makes no address",
        (CONSENT, result),
    )
}
