use std::sync::Arc;

use bytes::Bytes;
use headgate_core::Body;
use headgate_entra::Scope;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, response};
use serde::Deserialize;
use url::Url;

use super::outside::outside;
use super::settings::GraphSettings;
use crate::file_path::FilePath;
use crate::place::PlaceError;
use crate::place::address::{below_root, too_long};
use crate::place::call::{Caller, Failure, read};
use crate::ports::{Reach, World};

/// The longest answer in JSON that is read, in bytes: a page of children.
const LONGEST: usize = 1024 * 1024;

/// Calls Microsoft Graph for one drive.
pub(super) struct Api<W: World> {
    caller: Caller<W>,
    credential: String,
    scope: Scope,
    /// The address of the drive.
    drive: String,
    root: FilePath,
    url: Url,
    private_network: bool,
}

/// An answer, read to its end.
pub(super) struct Said {
    pub(super) head: response::Parts,
    pub(super) body: Bytes,
    failure: Failure,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorCode,
}

#[derive(Deserialize)]
struct ErrorCode {
    code: String,
}

impl<W: World> Api<W> {
    pub(super) fn new(settings: &GraphSettings, reach: Arc<Reach<W>>) -> Self {
        let base = settings.url.as_str().trim_end_matches('/');
        Self {
            caller: Caller::new(reach, settings.private_network),
            credential: settings.credential.clone(),
            scope: settings.scope.clone(),
            drive: [base, settings.drive.as_str()].concat(),
            root: settings.root.clone(),
            url: settings.url.clone(),
            private_network: settings.private_network,
        }
    }

    pub(super) const fn caller(&self) -> &Caller<W> {
        &self.caller
    }

    /// The address of a file or folder below the root, or of `what` of it.
    pub(super) fn address(
        &self,
        path: &FilePath,
        what: &str,
        query: &str,
    ) -> Result<Uri, PlaceError> {
        self.address_of_drive(&below_root(&self.root, path)?, what, query)
    }

    /// As [`address`](Self::address), of a path in the drive.
    pub(super) fn address_of_drive(
        &self,
        path: &FilePath,
        what: &str,
        query: &str,
    ) -> Result<Uri, PlaceError> {
        let item = match (path.is_root(), what.is_empty()) {
            (true, _) => "/root".to_owned(),
            (false, true) => format!("/root:/{}", path.encoded()),
            (false, false) => format!("/root:/{}:", path.encoded()),
        };
        self.uri(&item, what, query)
    }

    /// The address of an item by its id.
    pub(super) fn address_of_item(&self, id: &str) -> Result<Uri, PlaceError> {
        let id = percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC);
        self.uri(&format!("/items/{id}"), "", "")
    }

    fn uri(&self, item: &str, what: &str, query: &str) -> Result<Uri, PlaceError> {
        let mark = if query.is_empty() { "" } else { "?" };
        let text = [self.drive.as_str(), item, what, mark, query].concat();
        text.parse().map_err(|_| too_long())
    }

    /// Reads an address that Graph says, and to which no token goes.
    ///
    /// # Errors
    ///
    /// [`PlaceError::Refused`] when it is less protected than Graph's own, or in a network that the place may not reach.
    pub(super) fn outside(&self, text: &str) -> Result<Uri, PlaceError> {
        let refused =
            || PlaceError::Refused { detail: "it says an address that is not safe".to_owned() };
        outside(text, &self.url, self.private_network).ok_or_else(refused)
    }

    /// Asks Graph with a token, and once more with another one where it does not take this one.
    pub(super) async fn ask(
        &self,
        method: Method,
        address: &Uri,
        fields: &[(HeaderName, HeaderValue)],
        content: Vec<u8>,
    ) -> Result<Said, PlaceError> {
        let content = Bytes::from(content);
        let token = self.caller.reach().token(&self.credential, &self.scope).await?;
        let request = |authorization| {
            let mut request = Request::new(Body::from(content.clone()));
            *request.method_mut() = method.clone();
            *request.uri_mut() = address.clone();
            request.headers_mut().extend(fields.iter().cloned());
            request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
            request.headers_mut().insert(AUTHORIZATION, authorization);
            request
        };
        let response = self.caller.send(request(token.authorization())).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return self.read(response).await;
        }
        let identities = &self.caller.reach().identities;
        let other =
            identities.token_instead_of(&self.credential, &self.scope, &token, None).await?;
        match other {
            None => self.read(response).await,
            Some(other) => {
                let again = self.caller.send(request(other.authorization())).await?;
                self.read(again).await
            }
        }
    }

    /// Reads an answer to its end.
    pub(super) async fn read(&self, response: Response<Body>) -> Result<Said, PlaceError> {
        let (head, body) = response.into_parts();
        let body = read(body, LONGEST).await?;
        let response = Response::from_parts(head, Body::empty());
        let code = match response.status().is_success() {
            true => None,
            false => serde_json::from_slice(&body).ok().map(|body: ErrorBody| body.error.code),
        };
        let failure = self.caller.failure(&response, code.as_deref());
        Ok(Said { head: response.into_parts().0, body, failure })
    }
}

impl Said {
    pub(super) const fn status(&self) -> StatusCode {
        self.head.status
    }

    /// What it means where nothing else is known of it.
    pub(super) fn refusal(self) -> PlaceError {
        let failure = self.failure;
        let detail = failure.detail();
        match failure.status.as_u16() {
            409 if failure.is("nameAlreadyExists") => PlaceError::Exists,
            412 => PlaceError::Changed,
            423 => PlaceError::Temporary { detail },
            509 => PlaceError::Throttled { retry_after: failure.retry_after },
            _ if failure.is("quotaLimitReached") => PlaceError::Full,
            _ => failure.into_error(),
        }
    }
}
