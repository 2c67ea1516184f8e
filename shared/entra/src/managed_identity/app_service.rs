use headgate_core::{Secret, Timestamp};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::Which;
use super::asking::Asking;
use crate::TokenError;
use crate::address::Address;
use crate::answer::Granted;
use crate::backoff::Service;
use crate::form::Form;
use crate::ports::{Ports, World};

/// The identity endpoint of App Service, Functions, Logic Apps Standard and Container Apps (contracts §6.2, 6.3).
#[derive(Debug)]
pub(super) struct AppService {
    pub(super) endpoint: Address,
    pub(super) header: Secret,
    pub(super) generation: Generation,
}

/// Which form of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generation {
    /// `2019-08-01`.
    Current,
    /// `2017-09-01`.
    Old,
}

impl AppService {
    pub(super) async fn fetch<W: World>(
        &self,
        which: &Which,
        resource: &str,
        now: Timestamp,
        ports: &Ports<W>,
    ) -> Result<Granted, TokenError> {
        let (version, header) = match self.generation {
            Generation::Current => ("2019-08-01", "x-identity-header"),
            Generation::Old => ("2017-09-01", "secret"),
        };
        let mut query = Form::new().with("resource", resource).with("api-version", version);
        match (which, self.generation) {
            (Which::SystemAssigned, _) => {}
            (Which::ClientId(id), Generation::Current) => query.put("client_id", id),
            (Which::ClientId(id), Generation::Old) => query.put("clientid", id),
            (Which::ObjectId(id), Generation::Current) => query.put("principal_id", id),
            (Which::ResourceId(id), Generation::Current) => query.put("mi_res_id", id),
            (Which::ObjectId(_) | Which::ResourceId(_), Generation::Old) => {
                let reason = "the old identity endpoint knows identities by client-id alone";
                return Err(TokenError::IdentityAbsent { reason });
            }
        }
        let mut value = HeaderValue::from_str(self.header.expose()).map_err(|_| {
            TokenError::IdentityAbsent {
                reason: "the platform's identity header is no header value",
            }
        })?;
        value.set_sensitive(true);
        let address = self.endpoint.with_query(query.as_str());
        let asking = Asking {
            service: Service::Local,
            address: &address,
            headers: HeaderMap::from_iter([(HeaderName::from_static(header), value)]),
            is_certain: true,
        };
        asking.granted(&asking.reply(ports).await?, now)
    }
}
