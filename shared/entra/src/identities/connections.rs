//! Who signed in for a connection, and tokens of theirs.

use headgate_core::{Clock, KeyValue, Secret};

use super::{Identities, prefix, unsuited};
use crate::application::{Application, Identity};
use crate::cache::Need;
use crate::code_grant::{OFFLINE, Verifier, authorize_url, code_form, refresh_form};
use crate::connection::{Connection, judged_name};
use crate::credential::{Credential, Method};
use crate::ports::World;
use crate::sign_in::Begun;
use crate::{AccessToken, Scope, SealingKeys, SignIn, SignedIn, TokenError};

impl<W: World> Identities<W> {
    /// Begins a sign-in for a connection: a name for whose consent it is.
    ///
    /// # Errors
    ///
    /// [`TokenError::SealingKeyMissing`] without sealing keys; [`TokenError::StoreUnavailable`] when the sign-in cannot be
    /// remembered.
    pub async fn begin_sign_in(
        &self,
        credential: &str,
        connection: &str,
        scope: &Scope,
    ) -> Result<SignIn, TokenError> {
        judged_name(connection)?;
        let credential = self.credential(credential)?;
        let Method::AuthorizationCode { application, redirect_uri, .. } = &credential.method else {
            return Err(unsuited(credential));
        };
        let begun = Begun {
            credential: credential.name.clone(),
            connection: connection.to_owned(),
            scope: scope.clone(),
            verifier: Verifier::new(&self.ports.random),
        };
        let state = begun.keep(self.sealing()?, &self.ports).await?;
        let url = authorize_url(application, redirect_uri, scope, &state, &begun.verifier);
        Ok(SignIn { url, state })
    }

    /// Completes a sign-in with what came back from Entra: each `state` once, within ten minutes.
    ///
    /// # Errors
    ///
    /// [`TokenError::SignInUnknown`] for any other state; else why the code was not redeemed.
    pub async fn complete_sign_in(
        &self,
        state: &str,
        code: &Secret,
    ) -> Result<SignedIn, TokenError> {
        let keys = self.sealing()?;
        let begun = Begun::take(state, keys, &self.ports).await?;
        let credential = self.credential(&begun.credential)?;
        let Method::AuthorizationCode { application, proof, redirect_uri } = &credential.method
        else {
            return Err(unsuited(credential));
        };
        let form = code_form(code, redirect_uri, &begun.verifier);
        let granted =
            self.granted(credential, application, proof, form, &begun.scope, OFFLINE, None).await?;
        let Some(refresh_token) = granted.refresh_token else {
            return Err(TokenError::AnswerUnusable);
        };
        let identity = of_connection(application, credential, &begun.connection);
        Connection::of(identity, keys).keep(&refresh_token, &self.ports).await?;
        // Whoever acted for the connection before may have been somebody else.
        self.forget(identity).await?;
        let now = self.ports.clock.now();
        self.cache.slot(identity, &begun.scope, now).put(granted.token);
        Ok(SignedIn { credential: begun.credential, connection: begun.connection })
    }

    /// Gives a token of who signed in for a connection.
    ///
    /// # Errors
    ///
    /// [`TokenError::SignInRequired`] when nobody has, or has to again.
    pub async fn connection_token(
        &self,
        credential: &str,
        connection: &str,
        scope: &Scope,
    ) -> Result<AccessToken, TokenError> {
        let given = self.of_connection(credential, connection, scope, Need::Token, None).await?;
        given.ok_or(TokenError::AnswerUnusable)
    }

    /// Gives another token than `refused`, as [`token_instead_of`](Self::token_instead_of) does.
    ///
    /// # Errors
    ///
    /// As [`connection_token`](Self::connection_token).
    pub async fn connection_token_instead_of(
        &self,
        credential: &str,
        connection: &str,
        scope: &Scope,
        refused: &AccessToken,
        claims: Option<&str>,
    ) -> Result<Option<AccessToken>, TokenError> {
        let need = Need::InsteadOf(refused);
        self.of_connection(credential, connection, scope, need, claims).await
    }

    /// Forgets who signed in for a connection. Another instance may use a token that it has until that expires.
    ///
    /// # Errors
    ///
    /// [`TokenError::StoreUnavailable`] when what is kept may still be there.
    pub async fn sign_out(&self, credential: &str, connection: &str) -> Result<(), TokenError> {
        judged_name(connection)?;
        let credential = self.credential(credential)?;
        let Method::AuthorizationCode { application, .. } = &credential.method else {
            return Err(unsuited(credential));
        };
        let identity = of_connection(application, credential, connection);
        Connection::of(identity, self.sealing()?).forget(&self.ports).await?;
        self.forget(identity).await
    }

    async fn of_connection(
        &self,
        credential: &str,
        connection: &str,
        scope: &Scope,
        need: Need<'_>,
        claims: Option<&str>,
    ) -> Result<Option<AccessToken>, TokenError> {
        judged_name(connection)?;
        let credential = self.credential(credential)?;
        let Method::AuthorizationCode { application, proof, .. } = &credential.method else {
            return Err(unsuited(credential));
        };
        let identity = of_connection(application, credential, connection);
        let kept = Connection::of(identity, self.sealing()?);
        let required = || TokenError::SignInRequired {
            name: credential.name.clone(),
            connection: connection.to_owned(),
        };
        let fetch = async {
            let refresh_token = kept.refresh_token(&self.ports).await?.ok_or_else(required)?;
            let form = refresh_form(&refresh_token);
            let granted =
                self.granted(credential, application, proof, form, scope, OFFLINE, claims).await;
            match granted {
                Ok(granted) => {
                    if let Some(newer) = &granted.refresh_token {
                        kept.keep(newer, &self.ports).await?;
                    }
                    Ok(granted)
                }
                Err(TokenError::Refused(refusal))
                    if refusal.claims().is_none()
                        && (refusal.ends_the_grant() || refusal.needs_a_person()) =>
                {
                    Err(required())
                }
                Err(error) => Err(error),
            }
        };
        self.fly(credential, identity, scope, need, true, fetch).await
    }

    /// Forgets every access token of who acts, here and in the store.
    async fn forget(&self, identity: Identity) -> Result<(), TokenError> {
        self.cache.forget(identity);
        let store = &self.ports.key_value;
        let keys = store.list(&prefix(identity)).await.map_err(|_| TokenError::StoreUnavailable)?;
        for key in keys {
            store.delete(&key).await.map_err(|_| TokenError::StoreUnavailable)?;
        }
        Ok(())
    }

    fn sealing(&self) -> Result<&SealingKeys, TokenError> {
        self.sealing.as_ref().ok_or(TokenError::SealingKeyMissing)
    }
}

fn of_connection(application: &Application, credential: &Credential, connection: &str) -> Identity {
    application.identity(&["connection", &credential.name, connection])
}
