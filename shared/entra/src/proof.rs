use headgate_core::Secret;

use crate::TokenError;
use crate::application::Application;
use crate::certificate::Certificate;
use crate::client_assertion::{self, Claims};
use crate::client_secret::ClientSecret;
use crate::federated::Federated;
use crate::form::Form;
use crate::ports::{Ports, World};
use headgate_core::Clock;

/// By what an application proves to Entra that it is itself.
#[derive(Debug)]
pub(crate) enum Proof {
    /// By nothing: a public client.
    Nothing,
    Secret(ClientSecret),
    Certificate(Certificate),
    Federated(Federated),
}

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

impl Proof {
    /// Puts the client's id and its proof into a form. `name` is the credential's, for errors.
    pub(crate) async fn put<W: World>(
        &self,
        form: &mut Form,
        name: &str,
        application: &Application,
        ports: &Ports<W>,
    ) -> Result<(), TokenError> {
        form.put("client_id", &application.client_id);
        match self {
            Self::Nothing => {}
            Self::Secret(secret) => secret.put(form),
            Self::Certificate(certificate) => {
                let unusable =
                    |reason| TokenError::CertificateUnusable { name: name.to_owned(), reason };
                let pair = certificate.pair(&ports.files).await.map_err(unusable)?;
                let audience = application.token_url();
                let claims = Claims {
                    client_id: &application.client_id,
                    audience: &audience,
                    now: ports.clock.now(),
                };
                let signed =
                    client_assertion::signed(&claims, &pair.certificate, &pair.key, &ports.random);
                put_assertion(form, &signed.ok_or_else(|| unusable("has a key that cannot sign"))?);
            }
            Self::Federated(federated) => {
                put_assertion(form, &federated.assertion(name, application.cloud(), ports).await?);
            }
        }
        Ok(())
    }
}

/// Puts an assertion in the place of a secret.
pub(crate) fn put_assertion(form: &mut Form, assertion: &Secret) {
    form.put("client_assertion_type", ASSERTION_TYPE);
    form.put("client_assertion", assertion.expose());
}
