use std::sync::Arc;
use std::time::Duration;

use headgate_core::{Body, HttpClient, Timeout};
use headgate_entra::{AccessToken, Identities, Scope};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};

use super::call::CallError;
use crate::origin::Origin;
use crate::ports::World;

/// A service that is called with a token of the configured credential.
pub(crate) struct Api<W: World> {
    pub(crate) identities: Arc<Identities<W>>,
    pub(crate) http: W::Http,
    pub(crate) credential: String,
    pub(crate) scope: Scope,
    pub(crate) origin: Origin,
}

/// A call of a service. Its path and its body may hold secrets, so nothing shows it.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    /// The path behind the origin, with its query; begins with a slash.
    pub(crate) path: String,
    pub(crate) headers: &'a [(&'static str, &'static str)],
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) timeout: Timeout,
    /// The longest answer that is read.
    pub(crate) limit: usize,
}

/// How long a service may take to answer what can be asked again.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const CONNECT: Duration = Duration::from_secs(5);
const ANSWER_LIMIT: usize = 4 * 1024 * 1024;

impl<'a> Call<'a> {
    /// A call that can be made again.
    pub(crate) fn new(
        method: Method,
        path: String,
        headers: &'a [(&'static str, &'static str)],
    ) -> Self {
        let timeout = Timeout { connect: CONNECT, first_byte: PATIENCE, between_bytes: PATIENCE };
        Self { method, path, headers, body: None, timeout, limit: ANSWER_LIMIT }
    }
}

impl<W: World> Api<W> {
    /// A token for the service.
    pub(crate) async fn token(&self) -> Result<AccessToken, CallError> {
        // Boxed: inline, the future of a request would nest deeper than the compiler follows.
        let token = Box::pin(self.identities.token(&self.credential, &self.scope)).await;
        token.map_err(CallError::Token)
    }

    /// Calls, once more with another token if the service does not take the first, and gives the status and the body of a
    /// success.
    pub(crate) async fn call(&self, call: Call<'_>) -> Result<(StatusCode, Vec<u8>), CallError> {
        let token = self.token().await?;
        let response = self.send(&call, &token).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return read(response, call.limit).await;
        }
        match self.other_token(&token, claims(&response).as_deref()).await? {
            Some(token) => read(self.send(&call, &token).await?, call.limit).await,
            None => read(response, call.limit).await,
        }
    }

    /// Calls once, with this token.
    pub(crate) async fn call_once(
        &self,
        token: &AccessToken,
        call: &Call<'_>,
    ) -> Result<Vec<u8>, CallError> {
        let (_, body) = read(self.send(call, token).await?, call.limit).await?;
        Ok(body)
    }

    /// Another token in the place of one that the service refused; none when another would be no better. It is an error when
    /// there may be one in a moment.
    pub(crate) async fn other_token(
        &self,
        refused: &AccessToken,
        claims: Option<&str>,
    ) -> Result<Option<AccessToken>, CallError> {
        let other =
            self.identities.token_instead_of(&self.credential, &self.scope, refused, claims);
        match Box::pin(other).await {
            Ok(other) => Ok(other),
            Err(error) if error.is_temporary() => Err(CallError::Token(error)),
            Err(_) => Ok(None),
        }
    }

    async fn send(
        &self,
        call: &Call<'_>,
        token: &AccessToken,
    ) -> Result<Response<Body>, CallError> {
        let address = format!("{}{}", self.origin.as_str(), call.path);
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(address)
            .header(ACCEPT, "application/json")
            .body(call.body.clone().map_or_else(Body::empty, Body::from))
            .map_err(|_| CallError::NotSent("the address cannot be called".to_owned()))?;
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, token.authorization());
        if call.body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        for (name, value) in call.headers {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        Ok(Box::pin(self.http.send(request, call.timeout)).await?)
    }
}

/// Reads an answer to its end.
async fn read(response: Response<Body>, limit: usize) -> Result<(StatusCode, Vec<u8>), CallError> {
    let (parts, body) = response.into_parts();
    let body = body.read(limit).await;
    if parts.status.is_success() {
        let body = body.map_err(|error| CallError::Lost(error.to_string()))?;
        return Ok((parts.status, body.into()));
    }
    // A refusal without its words is a refusal all the same.
    Err(CallError::of_answer(parts.status, &parts.headers, &body.unwrap_or_default()))
}

/// The claims that a challenge asks for, decoded (contracts §5.4).
fn claims(response: &Response<Body>) -> Option<String> {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    let challenge = response.headers().get(WWW_AUTHENTICATE)?.to_str().ok()?;
    let (_, rest) = challenge.split_once("claims=\"")?;
    let (claims, _) = rest.split_once('"')?;
    let bytes = STANDARD.decode(claims).or_else(|_| URL_SAFE_NO_PAD.decode(claims)).ok()?;
    String::from_utf8(bytes).ok()
}
