use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use headgate_core::Timestamp;
use http::StatusCode;
use http::header::{ETAG, LOCATION, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use super::address::{self, Address};
use super::config::GraphConfig;
use super::download;
use super::drive::{Behaviour, Drive};
use super::item::{File, Item};
use super::refused::{Judged, invalid, not_found, refuse};
use super::session::Session;
use super::upload::{self, UPLOAD};
use crate::issuer::{Guid, SystemRandom};
use crate::peer::{Asked, Peer, Reply, put};

/// A drive as a function of a request.
#[derive(Debug)]
pub struct Graph {
    config: GraphConfig,
    base_url: String,
    state: Mutex<State>,
    ignores_ranges: AtomicBool,
}

/// What there is.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) drive: Drive,
    pub(super) sessions: Vec<Session>,
    /// The download addresses: their secret, whose they are, and until when.
    downloads: Vec<(String, String, Timestamp)>,
}

pub(super) const VERSION: &str = "/v1.0";
const DOWNLOAD: &str = "/personal/down/";
const SKIP: &str = "$skiptoken";
const ADDRESS: &str = "@microsoft.graph.downloadUrl";

impl Graph {
    /// Makes a drive that is empty, at an address without a slash at its end.
    #[must_use]
    pub fn new(config: GraphConfig, base_url: &str) -> Self {
        let base_url = base_url.to_owned();
        Self { config, base_url, state: Mutex::default(), ignores_ranges: AtomicBool::new(false) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a file at a path, as somebody else does; its folders are made.
    pub fn put(&self, path: &str, content: impl Into<Bytes>, media_type: &str) {
        let names: Vec<String> = path.split('/').map(str::to_owned).collect();
        let file = File::of(content.into(), media_type);
        let (now, mut state) = (self.config.clock.now(), self.state());
        if state.drive.reach(&names, true, now).is_ok() {
            let _ = state.drive.put(&names, Some(file), Behaviour::Replace, now);
        }
    }

    /// Changes an item, as somebody does who shares it: its content stays.
    pub fn touch(&self, path: &str) {
        let names: Vec<String> = path.split('/').map(str::to_owned).collect();
        if let Some(item) = self.state().drive.get_mut(&names) {
            item.touch();
        }
    }

    /// Takes an item away, as somebody else does.
    pub fn remove(&self, path: &str) {
        let names: Vec<String> = path.split('/').map(str::to_owned).collect();
        self.state().drive.remove(&names);
    }

    /// The content of a file; `None` when there is no such file.
    #[must_use]
    pub fn content(&self, path: &str) -> Option<Bytes> {
        self.bytes(path, 0..u64::MAX)
    }

    /// The bytes of a range of a file, as far as the file goes; `None` when there is no such file, or its content is not kept.
    #[must_use]
    pub fn bytes(&self, path: &str, range: Range<u64>) -> Option<Bytes> {
        let names: Vec<String> = path.split('/').map(str::to_owned).collect();
        let state = self.state();
        state.drive.get(&names)?.file.as_ref()?.bytes(range)
    }

    /// The paths of all files, in small letters.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        self.state().drive.files().map(|(path, _)| path).collect()
    }

    /// How many uploads have begun and have not ended.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.state().sessions.len()
    }

    /// Forgets every upload that has not ended, as the real service does in time.
    pub fn forget_sessions(&self) {
        self.state().sessions.clear();
    }

    /// Makes every download address expire.
    pub fn expire_downloads(&self) {
        self.state().downloads.clear();
    }

    /// Says whether ranges are ignored, as the real service may do.
    pub fn ignore_ranges(&self, ignores: bool) {
        self.ignores_ranges.store(ignores, Ordering::SeqCst);
    }

    fn respond(&self, asked: &Asked, now: Timestamp) -> Judged<Reply> {
        let path = asked.uri.path();
        if let Some(token) = path.strip_prefix(UPLOAD) {
            return upload::of_session(&mut self.state(), &self.config, asked, token, now);
        }
        if let Some(token) = path.strip_prefix(DOWNLOAD) {
            return self.download(asked, token, now);
        }
        self.admit(asked, now)?;
        let prefix = [VERSION, self.config.drive.as_str()].concat();
        match path.strip_prefix(prefix.as_str()) {
            Some(rest) => self.of_item(asked, &address::read(rest)?, now),
            None if path.starts_with(VERSION) => not_found(),
            None => invalid("Invalid version."),
        }
    }

    fn admit(&self, asked: &Asked, now: Timestamp) -> Judged<()> {
        let token = asked.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let Some(token) = token else {
            return refuse(401, "InvalidAuthenticationToken", "Access token is empty.");
        };
        let bearers = &self.config.bearers;
        if !bearers.admit(asked, &self.config.audience, now) {
            let message = "Access token validation failure. Invalid audience.";
            return refuse(401, "InvalidAuthenticationToken", message);
        }
        // An application has no drive of its own.
        let is_user = bearers.claims(token, now).is_none_or(|claims| claims.contains_key("scp"));
        if self.config.drive.starts_with("/me/") && !is_user {
            let message = "/me request is only valid with delegated authentication flow.";
            return refuse(400, "BadRequest", message);
        }
        Ok(())
    }

    fn of_item(&self, asked: &Asked, address: &Address, now: Timestamp) -> Judged<Reply> {
        let (config, mut state) = (&self.config, self.state());
        let names = state.drive.names(address)?;
        match (asked.method.as_str(), address.of.as_str()) {
            ("GET", "") => {
                let Some(item) = state.drive.get(&names).cloned() else { return not_found() };
                let selected = selected(asked);
                let with_address = config.says_addresses
                    && selected
                        .as_ref()
                        .is_none_or(|names| names.iter().any(|name| name == ADDRESS));
                let mut json = item.json(config.says_hashes);
                if item.file.is_some() && with_address {
                    put(&mut json, ADDRESS, self.address(&mut state, &item, now));
                }
                if let (Value::Object(members), Some(selected)) = (&mut json, selected) {
                    members.retain(|name, _| selected.contains(name));
                }
                Ok(Reply::json(StatusCode::OK, &json))
            }
            ("GET", "content") => {
                let Some(item) = state.drive.get(&names).cloned() else { return not_found() };
                if item.file.is_none() {
                    return invalid("A folder has no content.");
                }
                let known = asked.header("if-none-match");
                if known.is_some_and(|tag| tag == item.etag() || tag == item.ctag()) {
                    return Ok(Reply::empty(StatusCode::NOT_MODIFIED).with(ETAG, &item.etag()));
                }
                let address = self.address(&mut state, &item, now);
                Ok(Reply::empty(StatusCode::FOUND).with(LOCATION, &address))
            }
            ("GET", "children") => self.children(&state, asked, &names),
            ("DELETE", "") => upload::remove(&mut state, asked, &names),
            ("PUT", "content") => upload::small(&mut state, config, asked, &names, now),
            ("POST", "children") => upload::folder(&mut state, asked, &names, now),
            ("POST", "createUploadSession") => {
                upload::begin(&mut state, config, &self.base_url, asked, &names, now)
            }
            (_, "" | "content" | "children" | "createUploadSession") => {
                refuse(405, "invalidRequest", "The method is not allowed here.")
            }
            _ => invalid("Resource not found for the segment."),
        }
    }

    /// A new address for an item's content.
    fn address(&self, state: &mut State, item: &Item, now: Timestamp) -> String {
        let token = Guid::random(&SystemRandom).to_string();
        let expires = now.plus(self.config.download_lifetime);
        state.downloads.push((token.clone(), item.id.clone(), expires));
        format!("{}{DOWNLOAD}{token}?tempauth=v1.{token}", self.base_url)
    }

    fn download(&self, asked: &Asked, token: &str, now: Timestamp) -> Judged<Reply> {
        if asked.headers.contains_key("authorization") {
            return refuse(401, "unauthenticated", "The address is authenticated by itself.");
        }
        let mut state = self.state();
        state.downloads.retain(|(_, _, expires)| *expires > now);
        let found = state.downloads.iter().find(|(known, _, _)| known == token);
        let Some(id) = found.map(|(_, id, _)| id.clone()) else {
            return refuse(401, "unauthenticated", "The address has expired.");
        };
        let Some(item) = state.drive.by_id(&id) else { return not_found() };
        let Some(file) = &item.file else { return not_found() };
        download::answer(asked, item, file, self.ignores_ranges.load(Ordering::SeqCst))
    }

    fn children(&self, state: &State, asked: &Asked, names: &[String]) -> Judged<Reply> {
        let children = state.drive.children(names)?;
        let query = asked.query();
        let said = |name: &str| {
            query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
        };
        let top = match said("$top").map(str::parse::<usize>) {
            None => self.config.page,
            Some(Ok(top)) if (1..=999).contains(&top) => top.min(self.config.page),
            Some(_) => return invalid("$top is a number from 1 to 999."),
        };
        let start = match said(SKIP) {
            None => 0,
            Some(token) => match token.strip_prefix("s!").and_then(|text| text.parse().ok()) {
                Some(start) if start < children.len() => start,
                _ => return invalid("The skip token is invalid."),
            },
        };
        let selected = selected(asked);
        let one = |item: &&Item| {
            let mut json = item.json(self.config.says_hashes);
            if let (Value::Object(members), Some(selected)) = (&mut json, &selected) {
                members.retain(|name, _| selected.contains(name));
            }
            json
        };
        let value: Vec<Value> = children.iter().skip(start).take(top).map(one).collect();
        let end = start + value.len();
        let mut page = json!({ "value": value });
        if end < children.len() {
            let kept = query.iter().filter(|(name, _)| name != SKIP);
            let kept: String = kept.map(|(name, value)| format!("{name}={value}&")).collect();
            let path = asked.uri.path();
            let link = format!("{}{path}?{kept}{SKIP}=s!{end}", self.base_url);
            put(&mut page, "@odata.nextLink", link);
        }
        Ok(Reply::json(StatusCode::OK, &page))
    }
}

/// What `$select` names; `None` when it is not there.
fn selected(asked: &Asked) -> Option<Vec<String>> {
    let query = asked.query();
    let (_, names) = query.iter().find(|(name, _)| name == "$select")?;
    Some(names.split(',').map(str::to_owned).collect())
}

impl Peer for Graph {
    fn is_watched(&self, _: &Asked) -> bool {
        true
    }

    fn answer(&self, asked: &Asked) -> Reply {
        let now = self.config.clock.now();
        self.respond(asked, now).unwrap_or_else(|refused| {
            let reply = refused.reply(asked, now);
            match reply.status {
                StatusCode::UNAUTHORIZED => reply.with(WWW_AUTHENTICATE, "Bearer realm=\"\""),
                _ => reply,
            }
        })
    }

    /// A fragment, or a file in one request.
    fn longest_body(&self) -> usize {
        self.config.small.max(64 * 1024 * 1024) + 1
    }
}
