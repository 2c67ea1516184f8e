//! Dataverse as contracts §1 have it.

mod api;
mod call;
mod flows;
mod sessions;
mod start;

pub(crate) use call::CallError;

pub(crate) use api::{Api, CONNECT, Call};
pub(crate) use flows::{Flow, FlowPage, Schemas};
pub(crate) use sessions::encoded;
pub(crate) use start::{judge, start};
