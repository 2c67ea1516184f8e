//! Writing: an upload session, fragment by fragment.

use headgate_core::Body;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use serde::Deserialize;
use serde_json::json;

use super::Graph;
use super::api::Said;
use super::item::DriveItem;
use super::kept::{Kept, KeptFile};
use crate::digest::differing;
use crate::place::address::query;
use crate::place::headers::NOT_TOLD;
use crate::place::{Conflict, Part, PlaceError, Storage, Target, Upload, Whole, Written};
use crate::ports::World;

/// What a session says of itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Session {
    upload_url: Option<String>,
    #[serde(default)]
    next_expected_ranges: Vec<String>,
}

impl Session {
    fn read(body: &[u8]) -> Result<Self, PlaceError> {
        let wrong =
            |_| PlaceError::Temporary { detail: "its answer is no upload session".to_owned() };
        serde_json::from_slice(body).map_err(wrong)
    }

    /// The first byte that is missing; `None` when it says of none.
    fn next(&self) -> Result<Option<u64>, PlaceError> {
        let Some(range) = self.next_expected_ranges.first() else { return Ok(None) };
        let first = range.split('-').next().and_then(|text| text.parse().ok());
        let wrong = || PlaceError::Temporary { detail: "it expects no range".to_owned() };
        first.map(Some).ok_or_else(wrong)
    }
}

/// What a session that has ended, expired, or never was answers at its address.
const fn is_gone(status: StatusCode) -> bool {
    matches!(status.as_u16(), 401 | 403 | 404 | 410)
}

const fn behaviour(conflict: Conflict) -> &'static str {
    match conflict {
        Conflict::Fail => "fail",
        Conflict::Replace => "replace",
    }
}

impl<W: World> Graph<W> {
    pub(super) async fn begin_upload(&self, target: &Target) -> Result<Upload, PlaceError> {
        self.cut(target.length)?;
        let there = match self.item(&target.path).await {
            Ok(item) => Some(item),
            Err(PlaceError::NotFound) => None,
            Err(error) => return Err(error),
        };
        if there.as_ref().is_some_and(|item| target.conflict == Conflict::Fail || !item.is_file()) {
            return Err(PlaceError::Exists);
        }
        let before = there.and_then(|item| item.validator().map(str::to_owned));
        let mut kept = Kept { before, ..Kept::default() };
        if target.length != Some(0) {
            kept.url = Some(self.create_session(target).await?);
        }
        kept.into_upload(target)
    }

    async fn create_session(&self, target: &Target) -> Result<String, PlaceError> {
        let address = self.api.address(&target.path, "/createUploadSession", "")?;
        let body = json!({
            "item": {
                "@microsoft.graph.conflictBehavior": behaviour(target.conflict),
                "name": target.path.name(),
                "fileSize": target.length,
            },
            "deferCommit": self.settings.defer_commit,
        });
        let mut said = self.json(Method::POST, &address, &body).await?;
        if said.status() == StatusCode::NOT_FOUND {
            self.make_folders(&target.path).await?;
            said = self.json(Method::POST, &address, &body).await?;
        }
        if !said.status().is_success() {
            return Err(said.refusal());
        }
        let session = Session::read(&said.body)?;
        let missing =
            || PlaceError::Temporary { detail: "it says no address for the upload".to_owned() };
        let url = session.upload_url.ok_or_else(missing)?;
        self.api.outside(&url)?;
        Ok(url)
    }

    fn session(&self, kept: &Kept) -> Result<Uri, PlaceError> {
        self.api.outside(kept.url.as_deref().ok_or(PlaceError::UploadLost)?)
    }

    /// Asks a session, which takes no token.
    async fn of_session(&self, method: Method, address: &Uri) -> Result<Said, PlaceError> {
        let mut request = Request::new(Body::empty());
        if method == Method::POST {
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        *request.method_mut() = method;
        *request.uri_mut() = address.clone();
        self.api.read(self.api.caller().send(request).await?).await
    }

    pub(super) async fn write_fragment(
        &self,
        upload: &mut Upload,
        part: Part,
        content: Body,
    ) -> Result<(), PlaceError> {
        let mut kept = Kept::of(upload)?;
        let unknown =
            || PlaceError::Refused { detail: "a fragment's length is not known".to_owned() };
        let (length, total) =
            (part.length.ok_or_else(unknown)?, upload.target.length.ok_or_else(unknown)?);
        let end = part.offset.saturating_add(length);
        if length == 0 || (part.last && kept.file.is_some()) {
            return Ok(());
        }
        let address = self.session(&kept)?;
        let mut request = Request::new(content);
        *request.method_mut() = Method::PUT;
        *request.uri_mut() = address.clone();
        let range = format!("bytes {}-{}/{total}", part.offset, end - 1);
        let range = HeaderValue::try_from(range).map_err(|_| unknown())?;
        let kind = HeaderValue::from_static("application/octet-stream");
        request.headers_mut().extend([
            (CONTENT_LENGTH, HeaderValue::from(length)),
            (CONTENT_RANGE, range),
            (CONTENT_TYPE, kind),
        ]);
        let (response, _) = self.api.caller().upload(request, Some(length)).await?;
        let said = self.api.read(response).await?;
        match said.status() {
            StatusCode::ACCEPTED => match Session::read(&said.body)?.next()? {
                Some(next) if next < end => Err(PlaceError::Temporary {
                    detail: "it did not take all of a fragment".to_owned(),
                }),
                _ => Ok(()),
            },
            StatusCode::OK | StatusCode::CREATED if part.last => {
                kept.file = Some(KeptFile::of(&DriveItem::read(&said.body)?));
                upload.id = kept.text()?;
                Ok(())
            }
            StatusCode::RANGE_NOT_SATISFIABLE => self.received(&address, part.offset, end).await,
            // The answer to this last fragment was lost the time before, perhaps.
            status if is_gone(status) => {
                let before = kept.before.as_deref();
                let finished = part.last && self.finished(&upload.target, before).await?.is_some();
                if finished { Ok(()) } else { Err(PlaceError::UploadLost) }
            }
            _ => Err(said.refusal()),
        }
    }

    /// What a fragment is that does not begin where the session ends: one that it has, or one that it cannot have.
    async fn received(&self, address: &Uri, offset: u64, end: u64) -> Result<(), PlaceError> {
        let said = self.of_session(Method::GET, address).await?;
        match said.status() {
            StatusCode::OK => match Session::read(&said.body)?.next()? {
                None => Ok(()),
                Some(next) if next >= end => Ok(()),
                Some(next) if next == offset => {
                    let detail = "416 for the range that it expects".to_owned();
                    Err(PlaceError::Temporary { detail })
                }
                Some(_) => Err(PlaceError::UploadLost),
            },
            status if is_gone(status) => Err(PlaceError::UploadLost),
            _ => Err(said.refusal()),
        }
    }

    pub(super) async fn held_of(&self, upload: &Upload) -> Result<u64, PlaceError> {
        let kept = Kept::of(upload)?;
        let total = upload.target.length.unwrap_or_default();
        if kept.file.is_some() || total == 0 {
            return Ok(total);
        }
        let said = self.of_session(Method::GET, &self.session(&kept)?).await?;
        match said.status() {
            StatusCode::OK => Ok(Session::read(&said.body)?.next()?.unwrap_or(total)),
            status if is_gone(status) => {
                match self.finished(&upload.target, kept.before.as_deref()).await? {
                    Some(_) => Ok(total),
                    None => Err(PlaceError::UploadLost),
                }
            }
            _ => Err(said.refusal()),
        }
    }

    pub(super) async fn commit_upload(
        &self,
        upload: &Upload,
        whole: &Whole,
    ) -> Result<Written, PlaceError> {
        let kept = Kept::of(upload)?;
        if let Some(file) = &kept.file {
            return Ok(file.written());
        }
        let said = match &kept.url {
            None => Some(self.put_empty(&upload.target).await?),
            Some(_) if self.settings.defer_commit => {
                Some(self.of_session(Method::POST, &self.session(&kept)?).await?)
            }
            Some(_) => None,
        };
        match said {
            Some(said) if said.status().is_success() => Ok(DriveItem::read(&said.body)?.written()),
            // It was done before, and the answer was lost; or the name was taken meanwhile.
            Some(said) if is_gone(said.status()) || said.status() == StatusCode::CONFLICT => {
                self.found(upload, &kept, whole).await.map_err(|error| match error {
                    PlaceError::UploadLost => match said.status() {
                        StatusCode::CONFLICT => said.refusal(),
                        _ => PlaceError::UploadLost,
                    },
                    error => error,
                })
            }
            Some(said) => Err(said.refusal()),
            None => self.found(upload, &kept, whole).await,
        }
    }

    /// The file that is there, if it is the one that was uploaded.
    async fn found(
        &self,
        upload: &Upload,
        kept: &Kept,
        whole: &Whole,
    ) -> Result<Written, PlaceError> {
        let item = self.finished(&upload.target, kept.before.as_deref()).await?;
        let item = item.ok_or(PlaceError::UploadLost)?;
        match differing(&whole.digests, &item.digests()) {
            None => Ok(item.written()),
            // Somebody else's.
            Some(_) if upload.target.conflict == Conflict::Fail => Err(PlaceError::Exists),
            Some(_) => Err(PlaceError::UploadLost),
        }
    }

    async fn put_empty(&self, target: &Target) -> Result<Said, PlaceError> {
        let rule = ("@microsoft.graph.conflictBehavior", behaviour(target.conflict));
        let address = self.api.address(&target.path, "/content", &query(&[rule]))?;
        let kind = target.content_type.as_deref().map(HeaderValue::try_from);
        let kind = kind.and_then(Result::ok);
        let kind = kind.unwrap_or(HeaderValue::from_static("application/octet-stream"));
        let fields = [(CONTENT_TYPE, kind), (CONTENT_LENGTH, HeaderValue::from_static("0"))];
        let said = self.api.ask(Method::PUT, &address, &fields, Vec::new()).await?;
        if said.status() != StatusCode::NOT_FOUND {
            return Ok(said);
        }
        self.make_folders(&target.path).await?;
        self.api.ask(Method::PUT, &address, &fields, Vec::new()).await
    }

    pub(super) async fn abort_upload(&self, upload: &Upload) -> Result<(), PlaceError> {
        let Ok(kept) = Kept::of(upload) else { return Ok(()) };
        if let Some(file) = &kept.file {
            let address = self.api.address_of_item(&file.id)?;
            return match self.remove(&address, file.etag.as_deref()).await {
                // Somebody else's by now.
                Err(PlaceError::Changed) => Ok(()),
                removed => removed,
            };
        }
        if kept.url.is_none() {
            return Ok(());
        }
        let said = self.of_session(Method::DELETE, &self.session(&kept)?).await?;
        match said.status() {
            status if status.is_success() => Ok(()),
            // It has ended. Where its last fragment was taken and the answer lost, the file is there; it may be somebody else's as well.
            status if is_gone(status) => {
                match self.finished(&upload.target, kept.before.as_deref()).await? {
                    None => Ok(()),
                    Some(_) => Err(PlaceError::Unsupported(NOT_TOLD)),
                }
            }
            _ => Err(said.refusal()),
        }
    }
}
