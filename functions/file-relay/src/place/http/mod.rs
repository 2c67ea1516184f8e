//! Files of any server that speaks HTTP: each has an address, and one request reads or writes it.

mod settings;
mod write;

use std::fmt;
use std::sync::Arc;

use headgate_core::Body;
use http::header::{IF_MATCH, IF_RANGE, RANGE};
use http::{Method, Request, Response, StatusCode};

use super::address::below;
use super::answer::{self, opened, range_header};
use super::authorization::authorize;
use super::call::Caller;
use super::fields::{Field, set};
use super::headers::{self, ContentRange, NOT_TOLD, condition, is_strong};
use super::one_request::{self, Taken};
use super::{
    Conflict, Cut, Listing, Opened, Part, PlaceError, Range, Stat, Storage, Target, Upload, Whole,
    Written,
};
use crate::file_path::FilePath;
use crate::ports::{Reach, World};

pub use settings::{HttpAuthorization, HttpSettings, WriteMethod};

/// A server that speaks HTTP.
///
/// A file is one part. Whether nobody sees the half of it is the server's affair; a write that breaks off is not completed, and
/// says nothing else to the server. Where an answer to a write is lost, the next attempt finds the file that is
/// there, and [`Conflict::Fail`] fails on it.
///
/// A file is taken back only if it has the strong ETag that the server gave it when it was put there: in the answer, or
/// in a look right after it. A server that gives none keeps it.
///
/// What is sent by [`WriteMethod::Post`] or [`WriteMethod::Patch`] and taken whole is not sent again unless the server refuses it: nothing tells whether it
/// took it. An `Idempotency-Key` goes with it, the same for each attempt with one content.
pub struct Http<W: World> {
    settings: HttpSettings,
    caller: Caller<W>,
}

/// Shows no key.
impl<W: World> fmt::Debug for Http<W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Http").field(&self.settings).finish()
    }
}

impl<W: World> Http<W> {
    /// Makes the place.
    pub fn new(mut settings: HttpSettings, reach: Arc<Reach<W>>) -> Self {
        for (_, value) in &mut settings.headers {
            value.set_sensitive(true);
        }
        let caller = Caller::new(reach, settings.private_network);
        Self { settings, caller }
    }

    async fn request(&self, method: Method, path: &FilePath) -> Result<Request<Body>, PlaceError> {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = method;
        *request.uri_mut() = below(&self.settings.url, path, "")?;
        let headers = request.headers_mut();
        for (name, value) in &self.settings.headers {
            headers.append(name, value.clone());
        }
        authorize(headers, &self.settings.authorization, &self.caller).await?;
        Ok(request)
    }

    async fn send(
        &self,
        method: Method,
        path: &FilePath,
        fields: &[Field<'_>],
    ) -> Result<Response<Body>, PlaceError> {
        let mut request = self.request(method, path).await?;
        set(request.headers_mut(), fields)?;
        self.caller.send(request).await
    }

    /// Asks for the first byte, where `HEAD` is refused.
    async fn stat_by_reading(&self, path: &FilePath) -> Result<Stat, PlaceError> {
        let response = self.send(Method::GET, path, &[(RANGE, "bytes=0-0")]).await?;
        let said = ContentRange::read(response.headers());
        let length = match (response.status(), said) {
            (StatusCode::OK, _) => headers::length(response.headers()),
            (StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE, Some(said)) => {
                said.total
            }
            _ => return Err(self.caller.failure(&response, None).into_error()),
        };
        let digests = headers::digests(response.headers(), response.status());
        Ok(answer::stat(response.headers(), length, digests))
    }
}

impl<W: World> Storage for Http<W> {
    async fn stat(&self, path: &FilePath) -> Result<Stat, PlaceError> {
        let response = self.send(Method::HEAD, path, &[]).await?;
        match response.status() {
            StatusCode::OK => {
                let length = headers::length(response.headers());
                let digests = headers::digests(response.headers(), StatusCode::OK);
                Ok(answer::stat(response.headers(), length, digests))
            }
            StatusCode::BAD_REQUEST
            | StatusCode::FORBIDDEN
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::NOT_IMPLEMENTED => self.stat_by_reading(path).await,
            _ => Err(self.caller.failure(&response, None).into_error()),
        }
    }

    async fn open(
        &self,
        path: &FilePath,
        range: Range,
        validator: Option<&str>,
    ) -> Result<Opened, PlaceError> {
        let mut request = self.request(Method::GET, path).await?;
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
            _ => Err(self.caller.failure(&response, None).into_error()),
        }
    }

    async fn list(&self, _: &FilePath, _: Option<&str>) -> Result<Listing, PlaceError> {
        Err(PlaceError::Unsupported("list its files"))
    }

    fn cut(&self, length: Option<u64>) -> Result<Cut, PlaceError> {
        one_request::cut(length, self.settings.chunked)
    }

    /// Looks first where nothing may be replaced: not every server heeds `If-None-Match`.
    async fn begin(&self, target: &Target) -> Result<Upload, PlaceError> {
        if target.conflict == Conflict::Fail && self.settings.method == WriteMethod::Put {
            one_request::is_free(self.stat(&target.path).await)?;
        }
        Ok(Upload { target: target.clone(), id: String::new() })
    }

    async fn write(
        &self,
        upload: &mut Upload,
        part: Part,
        content: Body,
    ) -> Result<Vec<crate::digest::Digest>, PlaceError> {
        one_request::is_whole(part)?;
        upload.id = self.put(&upload.target, part.length, content).await?.id();
        Ok(Vec::new())
    }

    /// All of it or nothing.
    async fn held(&self, upload: &Upload) -> Result<u64, PlaceError> {
        Ok(Taken::of(upload).map_or(0, |taken| taken.length))
    }

    async fn commit(&self, upload: &Upload, whole: &Whole) -> Result<Written, PlaceError> {
        let taken = match Taken::of(upload) {
            Some(taken) => taken,
            None if whole.parts == 0 => self.put(&upload.target, Some(0), Body::empty()).await?,
            None => return Err(PlaceError::UploadLost),
        };
        self.written(&upload.target, taken, whole).await
    }

    fn shows_early(&self) -> bool {
        true
    }

    /// Takes a file back that the server took whole; nothing can be said to it of one that it did not.
    async fn abort(&self, upload: &Upload) -> Result<(), PlaceError> {
        match Taken::of(upload) {
            Some(taken) if self.settings.method == WriteMethod::Put => {
                let own = taken.etag.as_deref().filter(|etag| is_strong(etag));
                let own = own.ok_or(PlaceError::Unsupported(NOT_TOLD))?;
                self.delete(&upload.target.path, Some(own)).await
            }
            _ => Ok(()),
        }
    }

    /// Looks first: not every server heeds `If-Match`.
    async fn delete(&self, path: &FilePath, etag: Option<&str>) -> Result<(), PlaceError> {
        if etag.is_some() {
            match self.stat(path).await {
                Ok(stat) if stat.etag.as_deref() == etag => {}
                Ok(_) => return Err(PlaceError::Changed),
                Err(PlaceError::NotFound) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        let condition = condition(etag)?.map(|etag| (IF_MATCH, etag));
        let response = self.send(Method::DELETE, path, condition.as_slice()).await?;
        match response.status() {
            status if status.is_success() => Ok(()),
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(()),
            StatusCode::PRECONDITION_FAILED => Err(PlaceError::Changed),
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => {
                Err(PlaceError::Unsupported("delete a file"))
            }
            _ => Err(self.caller.failure(&response, None).into_error()),
        }
    }
}
