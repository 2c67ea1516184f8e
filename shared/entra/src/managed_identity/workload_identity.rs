use crate::TokenError;
use crate::address::Address;
use crate::answer::Granted;
use crate::application::{Application, Version};
use crate::federated::from_file;
use crate::form::Form;
use crate::ports::{Ports, World};
use crate::proof::put_assertion;
use crate::{Scope, token_endpoint};

/// Workload identity of Kubernetes: a service account's token, exchanged (contracts §6.5).
#[derive(Debug)]
pub(super) struct WorkloadIdentity {
    pub(super) authority: Address,
    pub(super) tenant: String,
    pub(super) client_id: String,
    pub(super) file: String,
}

impl WorkloadIdentity {
    pub(super) async fn fetch<W: World>(
        self,
        scope: &Scope,
        ports: &Ports<W>,
    ) -> Result<Granted, TokenError> {
        // The file is read at each exchange: it rotates.
        let assertion = from_file(&self.file, &ports.files).await.map_err(|_| {
            let reason = "the file that AZURE_FEDERATED_TOKEN_FILE names holds no JWT";
            TokenError::IdentityAbsent { reason }
        })?;
        let application = Application {
            authority: self.authority,
            tenant: self.tenant,
            client_id: self.client_id,
            version: Version::V2,
        };
        let mut form = Form::new().with("grant_type", "client_credentials");
        form.put("client_id", &application.client_id);
        put_assertion(&mut form, &assertion);
        application.put_scope(&mut form, scope, "")?;
        token_endpoint::ask(&application.token_url(), &form, ports).await
    }
}
