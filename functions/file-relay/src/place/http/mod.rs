//! Files of any server that speaks HTTP: each has an address, and one request reads or writes it.

mod settings;

use std::fmt;
use std::sync::Arc;

use headgate_core::Body;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::address::below;
use super::answer::{self, opened, range_header};
use super::authorization::authorize;
use super::call::Caller;
use super::headers::{self, ContentRange, NOT_TOLD, condition};
use super::mark::mark;
use super::progress::Progress;
use super::{
    Conflict, Cut, Listing, Opened, Part, PlaceError, Range, Stat, Storage, Target, Upload, Whole,
    Written,
};
use crate::digest::differing;
use crate::file_path::FilePath;
use crate::ports::{Reach, World};

pub use settings::{HttpAuthorization, HttpSettings, WriteMethod};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

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

/// What an [`Upload`] remembers once the server took the file.
#[derive(Serialize, Deserialize)]
struct Taken {
    length: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
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
        fields: &[(HeaderName, &str)],
    ) -> Result<Response<Body>, PlaceError> {
        let mut request = self.request(method, path).await?;
        set(&mut request, fields)?;
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

    /// Writes a file, or the empty one.
    async fn put(
        &self,
        target: &Target,
        length: Option<u64>,
        content: Body,
    ) -> Result<Taken, PlaceError> {
        let method = match self.settings.method {
            WriteMethod::Put => Method::PUT,
            WriteMethod::Post => Method::POST,
            WriteMethod::Patch => Method::PATCH,
        };
        let mut request = self.request(method, &target.path).await?;
        let content_type = target.content_type.as_deref().unwrap_or("application/octet-stream");
        set(&mut request, &[(CONTENT_TYPE, content_type)])?;
        if let Some(length) = length {
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        let is_put = self.settings.method == WriteMethod::Put;
        if is_put && target.conflict == Conflict::Fail {
            request.headers_mut().insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
        }
        if !is_put {
            set(&mut request, &[(IDEMPOTENCY_KEY, &format!("\"{}\"", mark(&target.relay)))])?;
        }
        let progress = Progress::new(length);
        let response = self.caller.upload_watched(request.map(|_| content), &progress).await;
        let taken = response.and_then(|response| match response.status() {
            StatusCode::OK
            | StatusCode::CREATED
            | StatusCode::ACCEPTED
            | StatusCode::NO_CONTENT => {
                Ok(Taken { length: progress.sent(), etag: headers::etag(response.headers()) })
            }
            StatusCode::PRECONDITION_FAILED => Err(PlaceError::Exists),
            _ => Err(self.caller.failure(&response, None).into_error()),
        });
        match taken {
            Ok(taken) if is_put => Ok(self.named(target, taken).await),
            Err(PlaceError::Http(_) | PlaceError::Temporary { .. })
                if !is_put && progress.is_complete() =>
            {
                let detail = "it had the whole file and did not say whether it took it".to_owned();
                Err(PlaceError::Refused { detail })
            }
            taken => taken,
        }
    }

    /// Asks how the server calls a file that was just put there, where its answer did not say it.
    async fn named(&self, target: &Target, taken: Taken) -> Taken {
        if taken.etag.as_deref().is_some_and(is_strong) {
            return taken;
        }
        match self.stat(&target.path).await {
            Ok(Stat { length: Some(length), etag: Some(etag), .. })
                if length == taken.length && is_strong(&etag) =>
            {
                Taken { etag: Some(etag), ..taken }
            }
            _ => taken,
        }
    }

    /// What stands at the address after a file was written there. The answer to the write is not believed; a server that shows
    /// nothing, or another file by now, says nothing of this one.
    async fn written(
        &self,
        target: &Target,
        taken: Taken,
        whole: &Whole,
    ) -> Result<Written, PlaceError> {
        let unknown = Written { etag: taken.etag.clone(), ..Written::default() };
        if self.settings.method != WriteMethod::Put {
            return Ok(unknown);
        }
        let stat = match self.stat(&target.path).await {
            Ok(stat) => stat,
            Err(PlaceError::NotFound | PlaceError::Denied { .. } | PlaceError::Refused { .. }) => {
                return Ok(unknown);
            }
            Err(error) => return Err(error),
        };
        let is_another = taken.etag.is_some() && stat.etag.is_some() && taken.etag != stat.etag;
        if is_another {
            return Ok(unknown);
        }
        // By the entity tag it may be taken back: of what is not the same, only our own is said.
        let is_same = stat.length.is_none_or(|length| length == whole.length)
            && differing(&whole.digests, &stat.digests).is_none();
        let etag = taken.etag.or(stat.etag.filter(|_| is_same));
        Ok(Written { etag, digests: stat.digests, length: stat.length })
    }
}

/// Puts headers into a request.
fn set(request: &mut Request<Body>, fields: &[(HeaderName, &str)]) -> Result<(), PlaceError> {
    for (name, value) in fields {
        let refused = |_| PlaceError::Refused { detail: format!("{name} cannot be sent") };
        let value = HeaderValue::try_from(*value).map_err(refused)?;
        request.headers_mut().insert(name, value);
    }
    Ok(())
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
                set(&mut request, &[(IF_RANGE, headers::if_range(validator))])?;
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
        if length.is_none() && !self.settings.chunked {
            let detail = "it takes no file whose length is not known before".to_owned();
            return Err(PlaceError::Refused { detail });
        }
        Ok(Cut { size: None, needs_length: !self.settings.chunked })
    }

    /// Looks first where nothing may be replaced: not every server heeds `If-None-Match`.
    async fn begin(&self, target: &Target) -> Result<Upload, PlaceError> {
        if target.conflict == Conflict::Fail && self.settings.method == WriteMethod::Put {
            match self.stat(&target.path).await {
                Ok(_) => return Err(PlaceError::Exists),
                // Who may write may not always read.
                Err(
                    PlaceError::NotFound | PlaceError::Denied { .. } | PlaceError::Refused { .. },
                ) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Upload { target: target.clone(), id: String::new() })
    }

    async fn write(
        &self,
        upload: &mut Upload,
        part: Part,
        content: Body,
    ) -> Result<Vec<crate::digest::Digest>, PlaceError> {
        if part.index != 0 || !part.last {
            return Err(PlaceError::Unsupported("take a file in parts"));
        }
        let taken = self.put(&upload.target, part.length, content).await?;
        upload.id = serde_json::to_string(&taken).unwrap_or_default();
        Ok(Vec::new())
    }

    /// All of it or nothing.
    async fn held(&self, upload: &Upload) -> Result<u64, PlaceError> {
        Ok(taken(upload).map_or(0, |taken| taken.length))
    }

    async fn commit(&self, upload: &Upload, whole: &Whole) -> Result<Written, PlaceError> {
        let taken = match taken(upload) {
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
        match taken(upload) {
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

fn is_strong(etag: &str) -> bool {
    etag.starts_with('"')
}

fn taken(upload: &Upload) -> Option<Taken> {
    serde_json::from_str(&upload.id).ok()
}
