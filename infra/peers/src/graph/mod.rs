//! A drive of OneDrive or SharePoint as a client of Microsoft Graph sees its files' content (contracts, Power Platform §5.1):
//! items by path and by id, children in pages, downloads, small uploads and upload sessions.
//!
//! It refuses what the real service refuses: a token for another audience, or any token at a pre-authenticated address; a
//! download address that has expired; a fragment that is no multiple of 327,680 bytes, is out of turn, has another total or has
//! been received; a name that is taken, another ETag, a name that no drive has, and more than the drive has room for. A request
//! that breaks off leaves nothing behind.
//!
//! Which codes the real service puts beside 400, 401, 413 and 416, and how an upload with `deferCommit` answers its last fragment, is
//! not documented: those here are chosen. The real service makes the folders of a path that is written to; this one does so only
//! where it is told to, so that a client does not count on it.

mod address;
mod config;
mod download;
mod drive;
mod item;
mod quick_xor;
mod refused;
mod running;
mod service;
mod session;
mod upload;

pub use config::GraphConfig;
pub use quick_xor::QuickXor;
pub use running::GraphRunning;
pub use service::Graph;
