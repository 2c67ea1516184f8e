//! The identity that the platform gives to what runs on it (contracts §6).

mod app_service;
mod arc;
mod asking;
mod detect;
mod imds;
mod workload_identity;

use std::sync::atomic::AtomicBool;

use headgate_core::Timestamp;

use crate::address::Address;
use crate::answer::Granted;
use crate::ports::{Ports, World};
use crate::{Scope, TokenError};

pub(crate) use detect::Source;
use detect::{Platform, detect};

/// Which identity, and where it is asked for.
#[derive(Debug)]
pub(crate) struct ManagedIdentity {
    pub(crate) which: Which,
    pub(crate) source: Source,
    /// The address of the instance metadata service.
    pub(crate) imds: Address,
    /// Whether the instance metadata service has ever answered: until then, it may be that there is none.
    pub(crate) imds_answered: AtomicBool,
}

/// Which of a machine's identities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    SystemAssigned,
    ClientId(String),
    ObjectId(String),
    ResourceId(String),
}

impl ManagedIdentity {
    /// The address at which every machine of Azure has its metadata service.
    pub(crate) const IMDS: &'static str = "http://169.254.169.254";

    /// Asks the platform for a token. It keeps its own cache, and is asked anew each time.
    pub(crate) async fn fetch<W: World>(
        &self,
        scope: &Scope,
        now: Timestamp,
        ports: &Ports<W>,
    ) -> Result<Granted, TokenError> {
        // The variables are read at each use: the platform may change them (contracts §6.2).
        let platform = detect(&ports.environment, self.source, &self.which)
            .map_err(|reason| TokenError::IdentityAbsent { reason })?;
        let resource = scope.resource().ok_or(TokenError::ScopeNotResource)?;
        match platform {
            Platform::WorkloadIdentity(workload) => workload.fetch(scope, ports).await,
            Platform::AppService(endpoint) => {
                endpoint.fetch(&self.which, resource, now, ports).await
            }
            Platform::Arc(endpoint) => {
                arc::fetch(&endpoint, &self.which, resource, now, ports).await
            }
            Platform::Imds => imds::fetch(self, resource, now, ports).await,
        }
    }
}
