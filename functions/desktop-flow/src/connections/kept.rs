use serde::{Deserialize, Serialize};

use super::judge::Verdict;
use super::request::{ConnectionRequest, CredentialKind, ParameterSet};
use crate::guid::Guid;
use headgate_core::Moment;

/// What this function remembers of a connection that it has put: nothing of its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Kept {
    pub(crate) id: Guid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) display_name: Option<String>,
    pub(crate) parameter_set: ParameterSet,
    pub(crate) machine_group: Guid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) credential: Option<CredentialKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) run_owner: Option<Guid>,
    /// As it was judged last.
    pub(crate) status: String,
    /// When it was put.
    pub(crate) put_on: Moment,
}

impl Kept {
    pub(crate) fn new(
        id: &Guid,
        request: &ConnectionRequest,
        verdict: &Verdict,
        now: Moment,
    ) -> Self {
        Self {
            id: id.clone(),
            display_name: request.display_name.clone(),
            parameter_set: request.parameter_set,
            machine_group: request.machine_group.clone(),
            credential: request.credential.as_ref().map(|credential| credential.kind),
            run_owner: request.run_owner.as_ref().map(|owner| owner.client_id.clone()),
            status: verdict.status.clone(),
            put_on: now,
        }
    }
}
