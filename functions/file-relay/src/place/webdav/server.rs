use std::sync::Arc;

use headgate_core::Body;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, IF_MATCH, IF_RANGE, RANGE};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use url::Url;

use super::collection::{self, ASKED, Member};
use super::settings::WebDavSettings;
use crate::file_path::FilePath;
use crate::place::address::{below, too_long};
use crate::place::answer::{self, opened, range_header};
use crate::place::authorization::authorize;
use crate::place::call::{Caller, read};
use crate::place::fields::set;
use crate::place::{Conflict, Opened, PlaceError, Range, Stat, headers, xml};
use crate::ports::{Reach, World};

const DESTINATION: HeaderName = HeaderName::from_static("destination");
const OVERWRITE: HeaderName = HeaderName::from_static("overwrite");
const DEPTH: HeaderName = HeaderName::from_static("depth");

/// The methods of WebDAV (RFC 4918) that a file needs, one call each.
pub(super) struct Server<W: World> {
    pub(super) settings: WebDavSettings,
    caller: Caller<W>,
}

impl<W: World> Server<W> {
    pub(super) const fn new(settings: WebDavSettings, reach: Arc<Reach<W>>) -> Self {
        let caller = Caller::new(reach, settings.private_network);
        Self { settings, caller }
    }

    /// Asks for what a file's headers say.
    pub(super) async fn head(&self, path: &FilePath) -> Result<Stat, PlaceError> {
        let request = self.request(Method::HEAD, self.file(path)?).await?;
        let response = self.caller.send(request).await?;
        if response.status() != StatusCode::OK {
            return Err(self.failed(&response));
        }
        let length = headers::length(response.headers());
        let digests = headers::digests(response.headers(), StatusCode::OK);
        Ok(answer::stat(response.headers(), length, digests))
    }

    /// Reads a file.
    pub(super) async fn get(
        &self,
        path: &FilePath,
        range: Range,
        validator: Option<&str>,
    ) -> Result<Opened, PlaceError> {
        let mut request = self.request(Method::GET, self.file(path)?).await?;
        if let Some(value) = range_header(range) {
            request.headers_mut().insert(RANGE, value);
            if let Some(validator) = validator {
                set(request.headers_mut(), &[(IF_RANGE, headers::if_range(validator))])?;
            }
        }
        let response = self.caller.send(request).await?;
        match response.status() {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                let digests = headers::digests(response.headers(), response.status());
                opened(response, range, validator, digests)
            }
            _ => Err(self.failed(&response)),
        }
    }

    /// Writes a file; gives how many bytes were sent, and the entity tag that the server says.
    pub(super) async fn put(
        &self,
        path: &FilePath,
        content_type: Option<&str>,
        length: Option<u64>,
        content: Body,
    ) -> Result<(u64, Option<String>), PlaceError> {
        let mut request = self.request(Method::PUT, self.file(path)?).await?;
        let content_type = content_type.unwrap_or("application/octet-stream");
        set(request.headers_mut(), &[(CONTENT_TYPE, content_type)])?;
        if let Some(length) = length {
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        let (response, sent) = self.caller.upload(request.map(|_| content), length).await?;
        match response.status() {
            StatusCode::OK | StatusCode::CREATED | StatusCode::NO_CONTENT => {
                Ok((sent, headers::etag(response.headers())))
            }
            _ => Err(self.failed(&response)),
        }
    }

    /// Gives a file another name; [`PlaceError::Exists`] when one is there that may not be replaced.
    pub(super) async fn rename(
        &self,
        from: &FilePath,
        to: &FilePath,
        conflict: Conflict,
    ) -> Result<(), PlaceError> {
        let method = Method::from_bytes(b"MOVE").unwrap_or_default();
        let mut request = self.request(method, self.file(from)?).await?;
        let destination = self.file(to)?.to_string();
        let overwrite = match conflict {
            Conflict::Fail => "F",
            Conflict::Replace => "T",
        };
        set(request.headers_mut(), &[(DESTINATION, &destination), (OVERWRITE, overwrite)])?;
        let response = self.caller.send(request).await?;
        match (response.status(), conflict) {
            (StatusCode::OK | StatusCode::CREATED | StatusCode::NO_CONTENT, _) => Ok(()),
            (StatusCode::PRECONDITION_FAILED, Conflict::Fail) => Err(PlaceError::Exists),
            _ => Err(self.failed(&response)),
        }
    }

    /// Makes a collection, whose path is one below the address of the server; whether it is there now. Not, where the collection
    /// that it would be in is missing (§9.3.1).
    pub(super) async fn make(&self, folder: &FilePath) -> Result<bool, PlaceError> {
        let method = Method::from_bytes(b"MKCOL").unwrap_or_default();
        let request = self.request(method, self.folder(folder)?).await?;
        let response = self.caller.send(request).await?;
        match response.status() {
            StatusCode::CREATED | StatusCode::OK | StatusCode::NO_CONTENT => Ok(true),
            // It is there already; or it is not ours to make, and writing into it will say whether it is there.
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::FORBIDDEN => Ok(true),
            StatusCode::CONFLICT | StatusCode::NOT_FOUND => Ok(false),
            _ => Err(self.failed(&response)),
        }
    }

    /// What stands in a collection.
    pub(super) async fn members(&self, folder: &FilePath) -> Result<Vec<Member>, PlaceError> {
        let method = Method::from_bytes(b"PROPFIND").unwrap_or_default();
        let address = self.folder(&self.below_root(folder)?)?;
        let mut request = self.request(method, address.clone()).await?.map(|_| Body::from(ASKED));
        let fields = [(CONTENT_TYPE, "application/xml; charset=utf-8"), (DEPTH, "1")];
        set(request.headers_mut(), &fields)?;
        request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(ASKED.len()));
        let response = self.caller.send(request).await?;
        match response.status() {
            StatusCode::MULTI_STATUS => {}
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => {
                return Err(PlaceError::Unsupported("list its files"));
            }
            _ => return Err(self.failed(&response)),
        }
        let answer = read(response.into_body(), xml::LONGEST).await?;
        let address = Url::parse(&address.to_string());
        let address = address.map_err(|_| too_long())?;
        collection::members(&answer, &address)
    }

    /// Removes a file. No error when there is none.
    pub(super) async fn remove(
        &self,
        path: &FilePath,
        etag: Option<&str>,
    ) -> Result<(), PlaceError> {
        let mut request = self.request(Method::DELETE, self.file(path)?).await?;
        if let Some(etag) = etag.filter(|etag| headers::is_strong(etag)) {
            set(request.headers_mut(), &[(IF_MATCH, etag)])?;
        }
        let response = self.caller.send(request).await?;
        match response.status() {
            StatusCode::OK | StatusCode::ACCEPTED | StatusCode::NO_CONTENT => Ok(()),
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(()),
            StatusCode::PRECONDITION_FAILED => Err(PlaceError::Changed),
            _ => Err(self.failed(&response)),
        }
    }

    async fn request(&self, method: Method, uri: Uri) -> Result<Request<Body>, PlaceError> {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let authorization = &self.settings.authorization;
        authorize(request.headers_mut(), authorization, &self.caller).await?;
        Ok(request)
    }

    /// A path below the address of the server.
    pub(super) fn below_root(&self, path: &FilePath) -> Result<FilePath, PlaceError> {
        self.settings.root.join(path).map_err(|_| too_long())
    }

    fn file(&self, path: &FilePath) -> Result<Uri, PlaceError> {
        below(&self.settings.url, &self.below_root(path)?, "")
    }

    /// The address of a folder ends with a slash (§5.2); nginx insists.
    fn folder(&self, path: &FilePath) -> Result<Uri, PlaceError> {
        let address = below(&self.settings.url, path, "")?.to_string();
        let slash = if address.ends_with('/') { "" } else { "/" };
        format!("{address}{slash}").parse().map_err(|_| too_long())
    }

    fn failed(&self, response: &Response<Body>) -> PlaceError {
        let failure = self.caller.failure(response, None);
        // A lock (RFC 4918 §11.3) is somebody's who is at it right now.
        match response.status() {
            StatusCode::LOCKED => PlaceError::Temporary { detail: failure.detail() },
            _ => failure.into_error(),
        }
    }
}
