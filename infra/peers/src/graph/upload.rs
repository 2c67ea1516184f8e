use headgate_core::Timestamp;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::config::GraphConfig;
use super::drive::Behaviour;
use super::item::File;
use super::quick_xor::QuickXor;
use super::refused::{Judged, invalid, not_found, refuse};
use super::service::State;
use super::session::{PROPERTY, Session};
use crate::issuer::{Guid, SystemRandom};
use crate::peer::{Asked, Reply, Spilled};

const BEHAVIOUR: &str = "@microsoft.graph.conflictBehavior";
const FULL: (u16, &str, &str) = (507, "quotaLimitReached", "The drive has no room for the file.");

/// Refuses an upload whose ETag is not that of the file that is there.
fn precondition(state: &State, names: &[String], if_match: Option<&str>) -> Judged<()> {
    let Some(expected) = if_match else { return Ok(()) };
    let found = state.drive.get(names);
    match found.is_some_and(|item| expected == "*" || item.etag() == expected) {
        true => Ok(()),
        false => refuse(412, "resourceModified", "The ETag is not that of the item."),
    }
}

/// Refuses a file that there is no room for; what it takes the place of makes room.
fn room(state: &State, names: &[String], length: u64, quota: u64) -> Judged<()> {
    let there = state.drive.get(names).and_then(|item| item.file.as_ref());
    let used = state.drive.used() - there.map_or(0, |file| file.length);
    if used.saturating_add(length) > quota { refuse(FULL.0, FULL.1, FULL.2) } else { Ok(()) }
}

fn status(is_new: bool) -> StatusCode {
    if is_new { StatusCode::CREATED } else { StatusCode::OK }
}

/// An upload in one request.
pub(super) fn small(
    state: &mut State,
    config: &GraphConfig,
    asked: &Asked,
    names: &[String],
    now: Timestamp,
) -> Judged<Reply> {
    let query = asked.query();
    let said = query.iter().find(|(name, _)| name == BEHAVIOUR).map(|(_, value)| value.as_str());
    let behaviour = Behaviour::read(said.unwrap_or("replace"))?;
    if asked.body.len() > config.small {
        return refuse(413, "invalidRequest", "The file is too large for one request.");
    }
    precondition(state, names, asked.header("if-match"))?;
    room(state, names, asked.body.len() as u64, config.quota)?;
    state.drive.reach(names, config.makes_folders, now)?;
    let media_type = asked.header("content-type").unwrap_or("application/octet-stream");
    let content = match is_rewritten(config, names) {
        true => [asked.body.as_ref(), PROPERTY].concat().into(),
        false => asked.body.clone(),
    };
    let mut file = File::of(content, media_type);
    if !config.keeps_content {
        file.content = bytes::Bytes::new();
    }
    let (item, is_new) = state.drive.put(names, Some(file), behaviour, now)?;
    Ok(Reply::json(status(is_new), &item.json(config.says_hashes)))
}

/// Makes a folder among the children of another.
pub(super) fn folder(
    state: &mut State,
    asked: &Asked,
    parent: &[String],
    now: Timestamp,
) -> Judged<Reply> {
    let body = object(asked)?;
    let name = body.get("name").and_then(Value::as_str);
    let Some(name) = name.filter(|name| super::address::is_name(name)) else {
        return invalid("The name is missing or not allowed.");
    };
    if !body.get("folder").is_some_and(Value::is_object) {
        return invalid("Only folders are made so.");
    }
    let behaviour = body.get(BEHAVIOUR).and_then(Value::as_str).unwrap_or("fail");
    let behaviour = Behaviour::read(behaviour)?;
    state.drive.children(parent)?;
    let names: Vec<String> = parent.iter().cloned().chain([name.to_owned()]).collect();
    let (item, _) = state.drive.put(&names, None, behaviour, now)?;
    Ok(Reply::json(StatusCode::CREATED, &item.json(true)))
}

fn object(asked: &Asked) -> Judged<Map<String, Value>> {
    if asked.body.is_empty() {
        return Ok(Map::new());
    }
    let kind = asked.header("content-type").unwrap_or_default();
    if !kind.eq_ignore_ascii_case("application/json") {
        return refuse(415, "invalidRequest", "The content is no JSON.");
    }
    match serde_json::from_slice(&asked.body) {
        Ok(Value::Object(members)) => Ok(members),
        _ => invalid("The content is no JSON object."),
    }
}

/// `createUploadSession`.
pub(super) fn begin(
    state: &mut State,
    config: &GraphConfig,
    base_url: &str,
    asked: &Asked,
    names: &[String],
    now: Timestamp,
) -> Judged<Reply> {
    let body = object(asked)?;
    if body.keys().any(|key| !["item", "deferCommit"].contains(&key.as_str())) {
        return invalid("A property is not declared on the action.");
    }
    let empty = Map::new();
    let item = match body.get("item") {
        None => &empty,
        Some(Value::Object(item)) => item,
        Some(_) => return invalid("item is no object."),
    };
    let behaviour = item.get(BEHAVIOUR).map_or(Some("fail"), Value::as_str).unwrap_or_default();
    let behaviour = Behaviour::read(behaviour)?;
    let is_named = match item.get("name") {
        None => true,
        Some(name) => name.as_str() == names.last().map(String::as_str),
    };
    if !is_named || names.is_empty() {
        return invalid("The name is not that of the path.");
    }
    let is_deferred = match body.get("deferCommit") {
        None => false,
        Some(Value::Bool(is_deferred)) => *is_deferred,
        Some(_) => return invalid("deferCommit is no boolean."),
    };
    let total = match item.get("fileSize") {
        None => None,
        Some(size) => match size.as_u64() {
            None | Some(0) => return invalid("fileSize is no length that is uploaded so."),
            size => size,
        },
    };
    let if_match = asked.header("if-match").map(str::to_owned);
    precondition(state, names, if_match.as_deref())?;
    state.drive.reach(names, config.makes_folders, now)?;
    room(state, names, total.unwrap_or_default(), config.quota)?;
    let token = Guid::random(&SystemRandom).to_string();
    let spilled = match config.spills_to.as_deref().map(Spilled::create) {
        None => None,
        Some(Ok(spilled)) => Some(spilled),
        Some(Err(_)) => return refuse(500, "generalException", "The disk takes no file."),
    };
    let session = Session {
        token: token.clone(),
        names: names.to_vec(),
        behaviour,
        expires: now.plus(config.session_lifetime),
        is_deferred,
        if_match,
        total,
        received: 0,
        content: Vec::new(),
        spilled,
        hash: QuickXor::default(),
    };
    let expires = session.expires.to_string();
    state.sessions.push(session);
    let url = format!("{base_url}{UPLOAD}{token}");
    let body =
        json!({ "uploadUrl": url, "expirationDateTime": expires, "nextExpectedRanges": ["0-"] });
    Ok(Reply::json(StatusCode::OK, &body))
}

/// What an upload's address begins with.
pub(super) const UPLOAD: &str = "/personal/up/";

/// What is asked of an upload's own address.
pub(super) fn of_session(
    state: &mut State,
    config: &GraphConfig,
    asked: &Asked,
    token: &str,
    now: Timestamp,
) -> Judged<Reply> {
    if asked.headers.contains_key("authorization") {
        return refuse(401, "unauthenticated", "The address is authenticated by itself.");
    }
    state.sessions.retain(|session| session.expires > now);
    let Some(at) = state.sessions.iter().position(|session| session.token == token) else {
        return refuse(404, "itemNotFound", "The upload session was not found.");
    };
    // It is taken out for as long as this takes, since the drive changes with it.
    let mut session = state.sessions.remove(at);
    let before = (session.received, session.content.len(), session.hash.clone());
    let answer = match asked.method.as_str() {
        "GET" => Ok(session.status(StatusCode::OK)),
        "DELETE" => return Ok(Reply::empty(StatusCode::NO_CONTENT)),
        "PUT" => session.take(asked, config.keeps_content).and_then(|()| {
            session.expires = now.plus(config.session_lifetime);
            match session.is_full() && !session.is_deferred {
                true => finish(state, config, &session, now),
                false => Ok(session.status(StatusCode::ACCEPTED)),
            }
        }),
        "POST" if !asked.body.is_empty() => invalid("The content is not empty."),
        "POST" if session.is_deferred && session.is_full() => finish(state, config, &session, now),
        "POST" => invalid("The upload is not complete, or not deferred."),
        _ => refuse(405, "invalidRequest", "The method is not allowed here."),
    };
    let is_done = answer
        .as_ref()
        .is_ok_and(|reply| reply.status == StatusCode::CREATED || is_item(asked, reply));
    if answer.is_err() {
        (session.received, session.hash) = (before.0, before.2);
        session.content.truncate(before.1);
    }
    if !is_done {
        state.sessions.push(session);
    }
    answer
}

fn is_item(asked: &Asked, reply: &Reply) -> bool {
    asked.method != http::Method::GET && reply.status == StatusCode::OK
}

fn finish(
    state: &mut State,
    config: &GraphConfig,
    session: &Session,
    now: Timestamp,
) -> Judged<Reply> {
    precondition(state, &session.names, session.if_match.as_deref())?;
    room(state, &session.names, session.received, config.quota)?;
    state.drive.reach(&session.names, config.makes_folders, now)?;
    let file = Some(session.file(is_rewritten(config, &session.names)));
    let (item, is_new) = state.drive.put(&session.names, file, session.behaviour, now)?;
    Ok(Reply::json(status(is_new), &item.json(config.says_hashes)))
}

/// Whether the library puts a property into a file of this name.
fn is_rewritten(config: &GraphConfig, names: &[String]) -> bool {
    let name = names.last().map(|name| name.to_lowercase()).unwrap_or_default();
    let is_document = [".docx", ".pptx", ".xlsx"].iter().any(|end| name.ends_with(end));
    config.rewrites_documents && is_document
}

/// Takes an item away.
pub(super) fn remove(state: &mut State, asked: &Asked, names: &[String]) -> Judged<Reply> {
    if names.is_empty() {
        return refuse(403, "accessDenied", "A drive's root stays.");
    }
    if state.drive.get(names).is_none() {
        return not_found();
    }
    precondition(state, names, asked.header("if-match"))?;
    state.drive.remove(names);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
