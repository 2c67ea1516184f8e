//! The policy statements that judge something else than a token: the caller's address (`ip-filter`), a header
//! (`check-header`) and the client's certificate (`validate-client-certificate`).
//!
//! Each is a pure function of the statement and of facts about the request. It answers with nothing or with a
//! [`Refusal`].

pub mod check_header;
pub mod client_certificate;
pub mod ip_filter;
mod refusal;

pub use refusal::{Reason, Refusal};
