//! Programs that nobody of Headgate wrote, as the end-to-end tests start them.

mod azurite;
mod cargo_lambda;
mod moto_server;
mod nginx;
mod oidc_provider;
mod once_ready;
mod redis_server;
mod sshd;
mod web_dav;

pub use azurite::Azurite;
pub use cargo_lambda::CargoLambda;
pub use moto_server::MotoServer;
pub use nginx::{Backend, Nginx};
pub use oidc_provider::OidcProvider;
pub use redis_server::RedisServer;
pub use sshd::Sshd;
pub use web_dav::WebDavServer;
