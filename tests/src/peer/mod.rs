//! Programs that nobody of Headgate wrote, as the end-to-end tests start them.

mod cargo_lambda;
mod nginx;
mod oidc_provider;

pub use cargo_lambda::CargoLambda;
pub use nginx::{Backend, Nginx};
pub use oidc_provider::OidcProvider;
