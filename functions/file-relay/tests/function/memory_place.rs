//! A place in memory that can do what places can, and fail in the ways in which they do.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use bytes::Bytes;
use headgate_core::{Body, HttpError};
use headgate_file_relay::digest::{Algorithm, Digest, Hasher};
use headgate_file_relay::file_path::FilePath;
use headgate_file_relay::place::{
    Conflict, Cut, Listing, Opened, Part, PlaceError, Range, Stat, Storage, Target, Upload, Whole,
    Written,
};
use http_body::Frame;
use http_body_util::BodyExt;

/// What goes wrong in one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// There is no answer, and nothing was done.
    Refused,
    /// It was done, and there is no answer.
    Lost,
    /// The content breaks off behind so many bytes.
    BreaksAt(usize),
    /// The content ends behind so many bytes as if that were all.
    EndsAt(usize),
    /// The place asks for a pause.
    Throttled,
    /// The place has forgotten the upload.
    Forgets,
    /// What the place says of the content is wrong.
    Lies,
    /// The place says that the file is shorter.
    Shortens,
    /// The file becomes another one.
    Changes,
    /// The file becomes a longer one.
    Grows,
    /// It does not come to an end.
    Stalls,
    /// It gives an empty page of a list, which the same one follows.
    Circles,
    /// It answers before it has read the content.
    AnswersEarly,
    /// The content does not end where the file does.
    RunsOn,
    /// The place can do no such thing.
    Unable,
}

/// What kind of place it is.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    pub(crate) size: Option<u64>,
    pub(crate) needs_length: bool,
    /// Whether it continues reading anywhere but at the beginning.
    pub(crate) has_ranges: bool,
    /// Whether it tells one content from another.
    pub(crate) has_validators: bool,
    pub(crate) has_lengths: bool,
    pub(crate) algorithms: &'static [Algorithm],
    /// Whether an upload can be gone on with.
    pub(crate) holds: bool,
    /// Whether it refuses to go on with another content.
    pub(crate) judges: bool,
    /// Whether it knows that a commit is one that it has done.
    pub(crate) remembers: bool,
    /// Whether a file is in its place once it is written, which is then one part.
    pub(crate) shows_early: bool,
    /// Whether what was written stays when an upload is given up.
    pub(crate) keeps: bool,
    /// Whether a part takes its time.
    pub(crate) is_slow: bool,
    /// Whether it may change what it takes.
    pub(crate) may_rewrite: bool,
    /// Whether an upload has its media type from its beginning.
    pub(crate) types_at_begin: bool,
}

impl Default for Kind {
    fn default() -> Self {
        Self {
            size: Some(10),
            needs_length: true,
            has_ranges: true,
            has_validators: true,
            has_lengths: true,
            algorithms: &[],
            holds: true,
            judges: true,
            remembers: true,
            shows_early: false,
            keeps: false,
            is_slow: false,
            may_rewrite: false,
            types_at_begin: false,
        }
    }
}

#[derive(Clone, Debug)]
struct File {
    content: Bytes,
    content_type: Option<String>,
    relay: Option<String>,
    version: u64,
}

#[derive(Clone, Debug, Default)]
struct Under {
    content: Vec<u8>,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<String, File>,
    uploads: BTreeMap<String, Under>,
    versions: u64,
    faults: BTreeMap<usize, Fault>,
    next: VecDeque<(&'static str, Fault)>,
    calls: usize,
    log: Vec<String>,
}

/// Clones are the same place.
#[derive(Clone, Debug)]
pub(crate) struct MemoryPlace {
    pub(crate) kind: Kind,
    state: Arc<Mutex<State>>,
}

impl MemoryPlace {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, state: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn put(&self, path: &str, content: impl Into<Bytes>) {
        let mut state = self.state();
        state.versions += 1;
        let version = state.versions;
        let content_type = Some("text/x-memory".to_owned());
        let file = File { content: content.into(), content_type, relay: None, version };
        state.files.insert(path.to_owned(), file);
    }

    pub(crate) fn take(&self, path: &str) {
        self.state().files.remove(path);
    }

    pub(crate) fn content(&self, path: &str) -> Option<Bytes> {
        self.state().files.get(path).map(|file| file.content.clone())
    }

    pub(crate) fn content_type(&self, path: &str) -> Option<String> {
        self.state().files.get(path).and_then(|file| file.content_type.clone())
    }

    pub(crate) fn files(&self) -> Vec<String> {
        self.state().files.keys().cloned().collect()
    }

    /// The uploads that are not at their end.
    pub(crate) fn uploads(&self) -> usize {
        self.state().uploads.len()
    }

    /// The calls so far, as `name part`.
    pub(crate) fn log(&self) -> Vec<String> {
        self.state().log.clone()
    }

    pub(crate) fn count(&self, name: &str) -> usize {
        self.state().log.iter().filter(|call| call.starts_with(name)).count()
    }

    /// Lets the calls of these numbers fail so.
    pub(crate) fn fail_at(&self, faults: impl IntoIterator<Item = (usize, Fault)>) {
        self.state().faults.extend(faults);
    }

    /// Lets the next call of this name fail so, that after it, and so on.
    pub(crate) fn fail_next(&self, name: &'static str, fault: Fault) {
        self.state().next.push_back((name, fault));
    }

    fn called(&self, name: &'static str, what: impl std::fmt::Display) -> Option<Fault> {
        let mut state = self.state();
        let call = state.calls;
        state.calls += 1;
        state.log.push(format!("{name} {what}"));
        let position = state.next.iter().position(|(of, _)| *of == name);
        let next = position.and_then(|position| state.next.remove(position));
        next.map(|(_, fault)| fault).or_else(|| state.faults.remove(&call))
    }

    fn stat_of(&self, file: &File) -> Stat {
        let kind = &self.kind;
        let mut digests = digests(kind.algorithms, &file.content);
        digests.retain(|digest| kind.algorithms.contains(&digest.algorithm));
        Stat {
            length: kind.has_lengths.then_some(file.content.len() as u64),
            content_type: file.content_type.clone(),
            etag: Some(format!("\"{}\"", file.version)),
            validator: kind.has_validators.then(|| format!("v{}", file.version)),
            digests,
        }
    }
}

impl MemoryPlace {
    /// Puts a file in its place as a server does that is told `If-None-Match: *` where nothing may be replaced.
    async fn write_at_once(
        &self,
        upload: &mut Upload,
        content: Body,
        fault: Option<Fault>,
    ) -> Result<Vec<Digest>, PlaceError> {
        let path = upload.target.path.as_str();
        if fault == Some(Fault::Changes) {
            self.put(path, "somebody else's");
        }
        let content = content.read(1_000_000).await.map_err(PlaceError::Content)?;
        let is_there = self.content(path).is_some();
        if is_there && upload.target.conflict == Conflict::Fail {
            return Err(PlaceError::Exists);
        }
        let length = content.len();
        self.put(path, content);
        lost(fault)?;
        upload.id = format!("{length} \"{}\"", self.state().versions);
        Ok(Vec::new())
    }
}

fn digests(algorithms: &[Algorithm], content: &[u8]) -> Vec<Digest> {
    let mut hasher = Hasher::new(algorithms);
    hasher.update(content);
    hasher.finish()
}

fn refused() -> PlaceError {
    PlaceError::Http(HttpError::Unreachable("refused".to_owned()))
}

fn general(fault: Option<Fault>) -> Result<(), PlaceError> {
    match fault {
        Some(Fault::Refused) => Err(refused()),
        Some(Fault::Throttled) => Err(PlaceError::Throttled { retry_after: None }),
        Some(Fault::Unable) => Err(PlaceError::Unsupported("do that")),
        _ => Ok(()),
    }
}

fn lost(fault: Option<Fault>) -> Result<(), PlaceError> {
    match fault {
        Some(Fault::Lost) => Err(PlaceError::Http(HttpError::TimedOut)),
        _ => Ok(()),
    }
}

impl Storage for MemoryPlace {
    async fn stat(&self, path: &FilePath) -> Result<Stat, PlaceError> {
        general(self.called("stat", path))?;
        let file = self.state().files.get(path.as_str()).cloned();
        file.map(|file| self.stat_of(&file)).ok_or(PlaceError::NotFound)
    }

    async fn open(
        &self,
        path: &FilePath,
        range: Range,
        validator: Option<&str>,
    ) -> Result<Opened, PlaceError> {
        let fault = self.called("open", range.from);
        general(fault)?;
        lost(fault)?;
        if fault == Some(Fault::Changes) {
            let other = self.content(path.as_str()).unwrap_or_default();
            let other: Vec<u8> = other.iter().map(|byte| byte ^ 0x5a).collect();
            self.put(path.as_str(), other);
        }
        if fault == Some(Fault::Grows) {
            let content = self.content(path.as_str()).unwrap_or_default();
            self.put(path.as_str(), content.repeat(2));
        }
        let file = self.state().files.get(path.as_str()).cloned().ok_or(PlaceError::NotFound)?;
        let stat = self.stat_of(&file);
        let is_other = validator.is_some() && validator != stat.validator.as_deref();
        if is_other && self.kind.judges {
            return Err(PlaceError::Changed);
        }
        let from = if self.kind.has_ranges { range.from } else { 0 };
        if from > 0 && from >= file.content.len() as u64 {
            return Err(PlaceError::Refused { detail: "416".to_owned() });
        }
        let until = range.until.filter(|_| self.kind.has_ranges);
        let length = file.content.len();
        let until = until.map_or(length, |until| usize::try_from(until).unwrap().min(length));
        let content = file.content.slice(usize::try_from(from).unwrap().min(until)..until);
        let body = match fault {
            Some(Fault::BreaksAt(at)) if at < content.len() => {
                Pieces { content: content.slice(..at), breaks: true }
            }
            Some(Fault::EndsAt(at)) if at < content.len() => {
                Pieces { content: content.slice(..at), breaks: false }
            }
            Some(Fault::RunsOn) => {
                Pieces { content: [&content[..], b"and more"].concat().into(), breaks: false }
            }
            _ => Pieces { content, breaks: false },
        };
        Ok(Opened { stat, from, body: Body::stream(body) })
    }

    async fn list(&self, prefix: &FilePath, after: Option<&str>) -> Result<Listing, PlaceError> {
        let fault = self.called("list", prefix);
        general(fault)?;
        if fault == Some(Fault::Circles) {
            return Ok(Listing { files: Vec::new(), next: Some("!".to_owned()) });
        }
        let state = self.state();
        let folder = if prefix.is_root() { String::new() } else { format!("{prefix}/") };
        let mut paths = state
            .files
            .keys()
            .filter(|path| path.starts_with(&folder))
            .filter(|path| after.is_none_or(|after| path.as_str() > after));
        let files: Vec<_> =
            paths.by_ref().take(3).map(|path| FilePath::new(path).unwrap()).collect();
        let next = paths.next().and(files.last()).map(|path| path.as_str().to_owned());
        Ok(Listing { files, next })
    }

    fn cut(&self, _length: Option<u64>) -> Result<Cut, PlaceError> {
        Ok(Cut { size: self.kind.size, needs_length: self.kind.needs_length })
    }

    async fn begin(&self, target: &Target) -> Result<Upload, PlaceError> {
        let fault = self.called("begin", &target.path);
        general(fault)?;
        if self.kind.shows_early {
            return Ok(Upload { target: target.clone(), id: String::new() });
        }
        let mut state = self.state();
        let under = state.uploads.entry(target.relay.clone()).or_default();
        if !self.kind.keeps {
            *under = Under::default();
        }
        drop(state);
        lost(fault)?;
        Ok(Upload { target: target.clone(), id: format!("upload {}", target.relay) })
    }

    async fn retype(
        &self,
        upload: &mut Upload,
        content_type: &str,
    ) -> Result<Option<Upload>, PlaceError> {
        let mut target = upload.target.clone();
        target.content_type = Some(content_type.to_owned());
        if !self.kind.types_at_begin {
            upload.target = target;
            return Ok(None);
        }
        target.relay.push_str(" with a type");
        let other = self.begin(&target).await?;
        Ok(Some(std::mem::replace(upload, other)))
    }

    async fn write(
        &self,
        upload: &mut Upload,
        part: Part,
        content: Body,
    ) -> Result<Vec<Digest>, PlaceError> {
        let fault = self.called("write", part.index);
        general(fault)?;
        if fault == Some(Fault::Forgets) {
            self.state().uploads.remove(&upload.target.relay);
        }
        if fault == Some(Fault::AnswersEarly) {
            return Ok(Vec::new());
        }
        if fault == Some(Fault::Stalls) {
            std::future::pending::<()>().await;
        }
        if self.kind.is_slow {
            headgate_fakes::pause().await;
        }
        if self.kind.shows_early {
            return self.write_at_once(upload, content, fault).await;
        }
        assert!(part.length.is_some() || !self.kind.needs_length, "the length has to be known");
        let mut content = content;
        let mut read = Vec::new();
        while let Some(frame) = content.frame().await {
            let frame = frame.map_err(|error| PlaceError::from(HttpError::RequestBody(error)))?;
            read.extend_from_slice(&frame.into_data().unwrap());
            if let Some(Fault::BreaksAt(at) | Fault::EndsAt(at)) = fault
                && read.len() >= at
            {
                // All of the request is lost.
                return Err(refused());
            }
        }
        if let Some(length) = part.length {
            assert_eq!(read.len() as u64, length, "a part is as long as it says");
        }
        if let Some(size) = self.kind.size {
            let may_be_last = part.last || part.length.is_none();
            assert!(may_be_last || read.len() as u64 == size, "only the last part may be shorter");
            assert!(read.len() as u64 <= size && !read.is_empty());
            assert_eq!(part.offset, u64::from(part.index) * size);
        }
        let mut state = self.state();
        let Some(under) = state.uploads.get_mut(&upload.target.relay) else {
            return Err(PlaceError::UploadLost);
        };
        let offset = usize::try_from(part.offset).unwrap();
        assert!(offset <= under.content.len(), "parts come in order");
        // As blocks are: what is behind a part that is written again stays, where anything does.
        let behind = offset.saturating_add(read.len()).min(under.content.len());
        let behind = if self.kind.keeps { under.content.split_off(behind) } else { Vec::new() };
        under.content.truncate(offset);
        under.content.extend_from_slice(&read);
        under.content.extend_from_slice(&behind);
        drop(state);
        lost(fault)?;
        let mut said = digests(self.kind.algorithms, &read);
        said.retain(|digest| self.kind.algorithms.contains(&digest.algorithm));
        if let (Some(Fault::Lies), Some(digest)) = (fault, said.first_mut()) {
            digest.value[0] ^= 1;
        }
        Ok(said)
    }

    async fn held(&self, upload: &Upload) -> Result<u64, PlaceError> {
        let fault = self.called("held", "");
        general(fault)?;
        lost(fault)?;
        if fault == Some(Fault::Forgets) {
            self.state().uploads.remove(&upload.target.relay);
        }
        if self.kind.shows_early {
            return Ok(upload.id.split_once(' ').map_or(0, |(length, _)| length.parse().unwrap()));
        }
        let state = self.state();
        match state.uploads.get(&upload.target.relay) {
            Some(under) if self.kind.holds => Ok(under.content.len() as u64),
            _ => Err(PlaceError::UploadLost),
        }
    }

    async fn commit(&self, upload: &Upload, whole: &Whole) -> Result<Written, PlaceError> {
        let fault = self.called("commit", whole.length);
        general(fault)?;
        if fault == Some(Fault::Forgets) {
            self.state().uploads.remove(&upload.target.relay);
        }
        let (path, relay) = (upload.target.path.as_str(), &upload.target.relay);
        if self.kind.shows_early {
            let (_, etag) = upload.id.split_once(' ').ok_or(PlaceError::UploadLost)?;
            lost(fault)?;
            return Ok(Written { etag: Some(etag.to_owned()), ..Written::default() });
        }
        let mut state = self.state();
        let is_ours = self.kind.remembers
            && state.files.get(path).is_some_and(|file| file.relay.as_ref() == Some(relay));
        match state.uploads.remove(relay) {
            Some(under) => {
                let is_taken = state.files.contains_key(path) && !is_ours;
                if is_taken && upload.target.conflict == Conflict::Fail {
                    state.uploads.insert(relay.clone(), under);
                    return Err(PlaceError::Exists);
                }
                assert_eq!(under.content.len() as u64, whole.length, "all of it was written");
                state.versions += 1;
                let file = File {
                    content: under.content.into(),
                    content_type: upload.target.content_type.clone(),
                    relay: Some(relay.clone()),
                    version: state.versions,
                };
                state.files.insert(path.to_owned(), file);
            }
            None if is_ours => {}
            None => return Err(PlaceError::UploadLost),
        }
        let file = state.files.get(path).cloned().unwrap();
        drop(state);
        lost(fault)?;
        let stat = self.stat_of(&file);
        let mut written = Written {
            etag: stat.etag,
            digests: stat.digests,
            length: Some(file.content.len() as u64),
        };
        if fault == Some(Fault::Lies) {
            written.length = Some(file.content.len() as u64 + 1);
        }
        if fault == Some(Fault::Shortens) {
            written.length = Some(file.content.len() as u64 - 1);
        }
        Ok(written)
    }

    async fn abort(&self, upload: &Upload) -> Result<(), PlaceError> {
        let fault = self.called("abort", "");
        general(fault)?;
        if let Some((_, etag)) = upload.id.split_once(' ').filter(|_| self.kind.shows_early) {
            return self.delete(&upload.target.path, Some(etag)).await;
        }
        if !self.kind.keeps {
            self.state().uploads.remove(&upload.target.relay);
        }
        lost(fault)
    }

    fn shows_early(&self) -> bool {
        self.kind.shows_early
    }

    fn may_rewrite(&self) -> bool {
        self.kind.may_rewrite
    }

    fn algorithms(&self) -> &'static [Algorithm] {
        self.kind.algorithms
    }

    fn part_algorithms(&self) -> &'static [Algorithm] {
        self.kind.algorithms
    }

    async fn delete(&self, path: &FilePath, etag: Option<&str>) -> Result<(), PlaceError> {
        let fault = self.called("delete", path);
        general(fault)?;
        let mut state = self.state();
        let is_it = state
            .files
            .get(path.as_str())
            .is_some_and(|file| etag.is_none_or(|etag| etag == format!("\"{}\"", file.version)));
        if is_it {
            state.files.remove(path.as_str());
        }
        drop(state);
        lost(fault)
    }
}

/// A content of seven bytes at a time, which may break off.
struct Pieces {
    content: Bytes,
    breaks: bool,
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        let length = self.content.len().min(7);
        let piece = self.content.split_to(length);
        Poll::Ready(match (piece.is_empty(), self.breaks) {
            (false, _) => Some(Ok(Frame::data(piece))),
            (true, true) => Some(Err("the connection was closed")),
            (true, false) => None,
        })
    }
}
