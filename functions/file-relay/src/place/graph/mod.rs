//! Files of OneDrive and SharePoint, by Microsoft Graph (contracts, Power Platform §5.1).
//!
//! A download's address and an upload's are authenticated by themselves: no token goes to either. The download's own ETag says
//! nothing of the item, so the item is looked at before each opening, and its `cTag` is what tells one content from another; what
//! changes between the look and the first byte shows in the length or in `quickXorHash`.

mod api;
mod item;
mod kept;
mod listing;
mod outside;
mod settings;
mod upload;

use std::fmt;
use std::sync::Arc;

use headgate_core::Body;
use http::header::{CONTENT_TYPE, IF_MATCH, LOCATION, RANGE};
use http::{HeaderValue, Method, Request, StatusCode, Uri};

use self::api::{Api, Said};
use self::item::DriveItem;
use self::listing::Cursor;
use super::address::below_root;
use super::answer::{opened, range_header};
use super::exact::exact;
use super::{
    Cut, Listing, Opened, Part, PlaceError, Range, Stat, Storage, Target, Upload, Whole, Written,
};
use crate::digest::{Algorithm, Digest};
use crate::file_path::FilePath;
use crate::ports::{Reach, World};

pub use settings::GraphSettings;

/// What every fragment but the last is a multiple of, in bytes. All are shorter than 60 MiB.
const STEP: u64 = 327_680;
/// A fragment, where nothing shorter is wanted.
const PART: u64 = 32 * STEP;
/// The longest file that a drive takes, in bytes.
const LONGEST: u64 = 250 * 1024 * 1024 * 1024;

/// A drive of OneDrive or SharePoint.
///
/// A file appears with its last fragment, before [`commit`](Storage::commit); with
/// [`defer_commit`](GraphSettings::defer_commit), which a drive of OneDrive for Business or SharePoint knows and OneDrive for
/// persons does not, it appears by that. SharePoint puts properties of a library into documents of Office that it takes in: such a
/// file is then not the one that was sent, and a relay of it has failed, unless the drive's settings
/// [allow that](GraphSettings::may_rewrite).
///
/// [`Upload::id`] holds an address that everybody can write to who knows it, until the upload ends.
pub struct Graph<W: World> {
    api: Api<W>,
    settings: GraphSettings,
}

impl<W: World> Graph<W> {
    /// Makes the place.
    pub fn new(settings: GraphSettings, reach: Arc<Reach<W>>) -> Self {
        Self { api: Api::new(&settings, reach), settings }
    }

    async fn item(&self, path: &FilePath) -> Result<DriveItem, PlaceError> {
        let address = self.api.address(path, "", DriveItem::SELECT)?;
        let said = self.api.ask(Method::GET, &address, &[], Vec::new()).await?;
        match said.status() {
            StatusCode::OK => DriveItem::read(&said.body),
            _ => Err(said.refusal()),
        }
    }

    /// The address of a file's content, which is asked for where the item does not say it.
    async fn content(&self, path: &FilePath) -> Result<Uri, PlaceError> {
        let address = self.api.address(path, "/content", "")?;
        let said = self.api.ask(Method::GET, &address, &[], Vec::new()).await?;
        let location = said.head.headers.get(LOCATION).and_then(|value| value.to_str().ok());
        match (said.status(), location) {
            (StatusCode::FOUND, Some(location)) => self.api.outside(location),
            (StatusCode::FOUND | StatusCode::OK, _) => {
                let detail = "it says no address for the content".to_owned();
                Err(PlaceError::Refused { detail })
            }
            _ => Err(said.refusal()),
        }
    }

    /// The item at the target if it may be what was just uploaded, whose answer was lost: as long, and not what was there before.
    async fn finished(
        &self,
        target: &Target,
        before: Option<&str>,
    ) -> Result<Option<DriveItem>, PlaceError> {
        match self.item(&target.path).await {
            Ok(item) => {
                let is_other = item.validator() != before;
                Ok((item.is_file() && item.size == target.length && is_other).then_some(item))
            }
            Err(PlaceError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl<W: World> Storage for Graph<W> {
    async fn stat(&self, path: &FilePath) -> Result<Stat, PlaceError> {
        self.item(path).await?.stat()
    }

    async fn open(
        &self,
        path: &FilePath,
        range: Range,
        validator: Option<&str>,
    ) -> Result<Opened, PlaceError> {
        let item = self.item(path).await?;
        let stat = item.stat()?;
        let length = stat.length.unwrap_or(u64::MAX);
        if validator.is_some() && stat.validator.as_deref() != validator || range.from > length {
            return Err(PlaceError::Changed);
        }
        if range.from == length {
            return Ok(Opened { stat, from: length, body: Body::empty() });
        }
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = match item.address() {
            Some(address) => self.api.outside(address)?,
            None => self.content(path).await?,
        };
        if let Some(value) = range_header(range) {
            request.headers_mut().insert(RANGE, value);
        }
        let response = self.api.caller().send(request).await?;
        match response.status() {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {}
            // The address was good a moment ago: the next opening has another.
            StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::GONE => {
                let detail = format!("{} for the content", response.status().as_u16());
                return Err(PlaceError::Temporary { detail });
            }
            _ => return Err(self.api.caller().failure(&response, None).into_error()),
        }
        let Opened { stat: said, from, body } = opened(response, range, None, Vec::new())?;
        let body = match (said.length, stat.length) {
            (None, Some(length)) if from == 0 => exact(body, length),
            (None, _) => body,
            (said, known) if said == known => body,
            _ => return Err(PlaceError::Changed),
        };
        Ok(Opened { stat, from, body })
    }

    async fn list(&self, prefix: &FilePath, after: Option<&str>) -> Result<Listing, PlaceError> {
        let mut cursor = match after {
            None => Cursor::at(prefix),
            Some(text) => Cursor::read(text)?,
        };
        let Some(folder) = cursor.folder() else { return Ok(Listing::default()) };
        let address = self.api.address(&folder, "/children", cursor.query())?;
        let said = self.api.ask(Method::GET, &address, &[], Vec::new()).await?;
        let files = match said.status() {
            StatusCode::OK => cursor.turn(&said.body)?,
            // A folder that was there when its parent was listed.
            StatusCode::NOT_FOUND if after.is_some() => cursor.leave(),
            _ => return Err(said.refusal()),
        };
        Ok(Listing { files, next: cursor.into_text() })
    }

    fn cut(&self, length: Option<u64>) -> Result<Cut, PlaceError> {
        let refused = |detail: &str| Err(PlaceError::Refused { detail: detail.to_owned() });
        match length {
            None => refused("a drive has to know how long a file is before its first byte"),
            Some(length) if length > LONGEST => refused("the file is longer than 250 GiB"),
            Some(_) => Ok(Cut { size: Some(PART), needs_length: true }),
        }
    }

    fn cut_within(&self, length: u64, most: u64) -> Result<Cut, PlaceError> {
        let Cut { size, needs_length } = self.cut(Some(length))?;
        let size = size.map(|size| size.min((most / STEP).max(1) * STEP));
        Ok(Cut { size, needs_length })
    }

    async fn begin(&self, target: &Target) -> Result<Upload, PlaceError> {
        self.begin_upload(target).await
    }

    async fn write(
        &self,
        upload: &mut Upload,
        part: Part,
        content: Body,
    ) -> Result<Vec<Digest>, PlaceError> {
        self.write_fragment(upload, part, content).await?;
        // Only the whole has a hash.
        Ok(Vec::new())
    }

    async fn held(&self, upload: &Upload) -> Result<u64, PlaceError> {
        self.held_of(upload).await
    }

    async fn commit(&self, upload: &Upload, whole: &Whole) -> Result<Written, PlaceError> {
        self.commit_upload(upload, whole).await
    }

    async fn abort(&self, upload: &Upload) -> Result<(), PlaceError> {
        self.abort_upload(upload).await
    }

    fn shows_early(&self) -> bool {
        !self.settings.defer_commit
    }

    fn may_rewrite(&self) -> bool {
        self.settings.may_rewrite
    }

    fn algorithms(&self) -> &'static [Algorithm] {
        &[Algorithm::QuickXor]
    }

    async fn delete(&self, path: &FilePath, etag: Option<&str>) -> Result<(), PlaceError> {
        let address = self.api.address(path, "", "")?;
        self.remove(&address, etag).await
    }
}

impl<W: World> Graph<W> {
    async fn remove(&self, address: &Uri, etag: Option<&str>) -> Result<(), PlaceError> {
        let etag = etag.map(HeaderValue::try_from).transpose();
        let etag = etag.map_err(|_| PlaceError::Changed)?;
        let fields: Vec<_> = etag.into_iter().map(|value| (IF_MATCH, value)).collect();
        let said = self.api.ask(Method::DELETE, address, &fields, Vec::new()).await?;
        match said.status() {
            StatusCode::NO_CONTENT | StatusCode::OK | StatusCode::NOT_FOUND => Ok(()),
            _ => Err(said.refusal()),
        }
    }

    /// Makes the folders that a file is to be in, from the top.
    async fn make_folders(&self, path: &FilePath) -> Result<(), PlaceError> {
        let mut missing = vec![];
        let mut folder = below_root(&self.settings.root, path)?.parent();
        while !folder.is_root() {
            missing.push(folder.clone());
            folder = folder.parent();
        }
        for folder in missing.into_iter().rev() {
            let body = serde_json::json!({
                "name": folder.name(),
                "folder": {},
                "@microsoft.graph.conflictBehavior": "fail",
            });
            let address = self.api.address_of_drive(&folder.parent(), "/children", "")?;
            let said = self.json(Method::POST, &address, &body).await?;
            match said.status() {
                StatusCode::CREATED | StatusCode::OK | StatusCode::CONFLICT => {}
                _ => return Err(said.refusal()),
            }
        }
        Ok(())
    }

    async fn json(
        &self,
        method: Method,
        address: &Uri,
        body: &serde_json::Value,
    ) -> Result<Said, PlaceError> {
        let kind = HeaderValue::from_static("application/json");
        self.api.ask(method, address, &[(CONTENT_TYPE, kind)], body.to_string().into()).await
    }
}

/// Shows where the drive is and as whom it is called.
impl<W: World> fmt::Debug for Graph<W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Graph").field(&self.settings).finish()
    }
}
