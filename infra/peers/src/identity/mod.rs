//! Strict stand-ins for the identity endpoints of Azure's machines and apps (contracts §6): the instance metadata service,
//! that of App Service, Functions and Container Apps, and the agent of Azure Arc; and for that of AWS, whose roles stand for
//! applications.
//!
//! Azure's tokens are signed by an [`issuer`](crate::issuer) that the test or the developer runs.

mod app_service;
mod arc;
mod assigned;
mod imds;
mod sts;

pub use app_service::AppService;
pub use arc::{Arc, WriteKey};
pub use assigned::{Assigned, Machine};
pub use imds::Imds;
pub use sts::Sts;
