use headgate_core::Secret;
use http::{Method, StatusCode};

use super::Verbs;
use super::judge::{Verdict, judge};
use crate::dataverse::{Api, Call, CallError};
use crate::guid::Guid;
use crate::ports::World;

/// The connections API of an environment.
pub(crate) struct Service<W: World> {
    pub(crate) api: Api<W>,
    pub(crate) environment: String,
    pub(crate) verbs: Verbs,
}

impl<W: World> Service<W> {
    /// Puts a connection, new or known: the same request does both. Gives the answer's status and what it says.
    pub(crate) async fn put(
        &self,
        id: &Guid,
        body: &Secret,
    ) -> Result<(StatusCode, Verdict), CallError> {
        let mut call = Call::new(Method::PUT, path(id), &[]);
        call.body = Some(body.expose().as_bytes().to_vec());
        let (status, body) = self.api.call(call).await?;
        Ok((status, judge(&body)))
    }

    /// Reads a connection.
    pub(crate) async fn get(&self, id: &Guid) -> Result<Verdict, CallError> {
        let (_, body) = self.api.call(Call::new(Method::GET, path(id), &[])).await?;
        Ok(judge(&body))
    }

    /// Deletes a connection.
    pub(crate) async fn delete(&self, id: &Guid) -> Result<(), CallError> {
        self.api.call(Call::new(Method::DELETE, path(id), &[])).await.map(drop)
    }
}

fn path(id: &Guid) -> String {
    format!("/connectivity/connectors/shared_uiflow/connections/{id}?api-version=1")
}
