//! The ways to ask for a verdict. Each reads its own wire format into [`Facts`](headgate_jwt::facts::Facts) and writes the
//! [`Verdict`](headgate_jwt::verdict::Verdict) into another; none decides anything.

mod api_gateway;
mod forward_auth;
mod introspection;

pub(crate) use api_gateway::AuthorizerRequest;
pub(crate) use forward_auth::{Target, forward_auth, original_uri};
pub(crate) use introspection::introspect;
