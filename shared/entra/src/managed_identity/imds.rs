use std::sync::atomic::Ordering;

use headgate_core::Timestamp;
use http::{HeaderMap, HeaderValue};

use super::asking::Asking;
use super::{ManagedIdentity, Source, Which};
use crate::TokenError;
use crate::answer::Granted;
use crate::backoff::Service;
use crate::form::Form;
use crate::ports::{Ports, World};

/// Asks the instance metadata service of a virtual machine, a scale set or a container instance (contracts §6.1).
pub(super) async fn fetch<W: World>(
    identity: &ManagedIdentity,
    resource: &str,
    now: Timestamp,
    ports: &Ports<W>,
) -> Result<Granted, TokenError> {
    let mut query = Form::new().with("api-version", "2018-02-01").with("resource", resource);
    match &identity.which {
        Which::SystemAssigned => {}
        Which::ClientId(id) => query.put("client_id", id),
        Which::ObjectId(id) => query.put("object_id", id),
        Which::ResourceId(id) => query.put("msi_res_id", id),
    }
    let address =
        format!("{}/metadata/identity/oauth2/token?{}", identity.imds.as_str(), query.as_str());
    // Every machine is asked here that says nothing of an identity, and most of them have none.
    let is_certain =
        identity.source == Source::Imds || identity.imds_answered.load(Ordering::Relaxed);
    let asking = Asking {
        service: Service::Imds,
        address: &address,
        headers: HeaderMap::from_iter([(
            http::HeaderName::from_static("metadata"),
            HeaderValue::from_static("true"),
        )]),
        is_certain,
    };
    let reply = asking.reply(ports).await?;
    identity.imds_answered.store(true, Ordering::Relaxed);
    asking.granted(&reply, now)
}
