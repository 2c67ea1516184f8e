//! The host that answers the AWS Lambda runtime API.

mod answer;
mod event;
mod host;
mod http_event;

pub(crate) use host::serve;
