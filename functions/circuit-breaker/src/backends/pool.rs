use std::sync::Arc;

use http::StatusCode;

use super::backend::Backend;
use super::name::BackendName;

/// Several backends that serve the same: an ARM backend of type `Pool` (contracts §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Its name.
    pub name: BackendName,
    /// `title`, at most 300 characters.
    pub title: Option<String>,
    /// `description`, at most 2,000 characters.
    pub description: Option<String>,
    /// `pool.services`, 1 to 30, each once.
    pub members: Vec<Member>,
    /// `pool.failureResponse.statusCode`: what a caller gets while every member is open; 503 when it is not given.
    pub failure_status: StatusCode,
    /// `pool.sessionAffinity`.
    pub session_affinity: Option<SessionAffinity>,
}

/// One of a pool's `services`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The backend that `id` names.
    pub backend: Arc<Backend>,
    /// `weight`, 0 to 100: its share, relative to the others of its group. 1 when it is not given, so members without
    /// weights have equal shares. With 0 it gets requests only while no other member of its group is closed.
    pub weight: u8,
    /// `priority`, 0 to 100: members with the lowest number form the first group. Members without one form the last.
    pub priority: Option<u8>,
}

/// `sessionAffinity.sessionId`: a cookie keeps a caller with one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionAffinity {
    /// The cookie's `name`.
    pub cookie: String,
}
