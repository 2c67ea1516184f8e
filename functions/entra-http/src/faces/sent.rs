use headgate_core::{Body, HttpClient, HttpError, Severity};
use headgate_entra::{AccessToken, TokenError};
use http::header::{AUTHORIZATION, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};

use crate::acting::Actor;
use crate::body::Content;
use crate::challenge::claims;
use crate::entra_http::Shared;
use crate::ports::World;
use crate::upstreams::Upstream;

/// Sends requests to an upstream for somebody.
pub(super) struct Sending<'s, W: World> {
    pub(super) shared: &'s Shared<W>,
    pub(super) upstream: &'s Upstream,
    pub(super) actor: &'s Actor,
}

/// Why no answer came.
pub(super) enum Unsent {
    Token(TokenError),
    Http(HttpError),
}

impl<W: World> Sending<'_, W> {
    /// Sends a request with a token. When the upstream does not take the token and the content is still here, another token
    /// is tried, once.
    pub(super) async fn send(
        &self,
        method: &Method,
        target: &Uri,
        headers: HeaderMap,
        content: Content,
    ) -> Result<Response<Body>, Unsent> {
        let Self { shared, upstream, actor } = self;
        let token = actor.token(&shared.identities, upstream).await.map_err(Unsent::Token)?;
        let kept = match content {
            Content::Stream(body) => {
                return self.once(method, target, headers, body, &token).await;
            }
            Content::Kept(bytes) => bytes,
        };
        // A length is that of what is at hand, whatever the caller said: or the upstream would wait for more, or read it out of
        // the next request on this connection.
        let mut headers = headers;
        let was_said = headers.remove(CONTENT_LENGTH).is_some();
        let may_be_empty = !matches!(*method, Method::POST | Method::PUT | Method::PATCH);
        if was_said || (kept.is_empty() && !may_be_empty) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(kept.len()));
        }
        let body = Body::from(kept.clone());
        let response = self.once(method, target, headers.clone(), body, &token).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let claims = claims(response.headers());
        let claims = claims.as_deref();
        let other = Box::pin(actor.other_token(&shared.identities, upstream, &token, claims));
        match other.await {
            Ok(None) => Ok(response),
            Ok(Some(token)) => {
                drop(response);
                self.once(method, target, headers, Body::from(kept), &token).await
            }
            Err(error) => {
                let name = &upstream.name;
                let message = format_args!(
                    "upstream {name} did not take its token, and there is no other: {error}"
                );
                shared.report(Severity::Warning, &message);
                Ok(response)
            }
        }
    }

    async fn once(
        &self,
        method: &Method,
        target: &Uri,
        headers: HeaderMap,
        body: Body,
        token: &AccessToken,
    ) -> Result<Response<Body>, Unsent> {
        let mut request = Request::new(body);
        *request.method_mut() = method.clone();
        *request.uri_mut() = target.clone();
        *request.headers_mut() = headers;
        request.headers_mut().insert(AUTHORIZATION, token.authorization());
        let sent = self.shared.client(self.upstream).send(request, self.upstream.timeout);
        sent.await.map_err(Unsent::Http)
    }
}
