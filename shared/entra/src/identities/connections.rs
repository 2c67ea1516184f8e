//! Who signed in for a connection, and tokens of theirs.

use std::sync::atomic::{AtomicBool, Ordering};

use headgate_core::{Clock, KeyValue, Secret};

use super::{Identities, unsuited};
use crate::actor::Actor;
use crate::application::{Application, Identity};
use crate::cache::Need;
use crate::code_grant::{OFFLINE, Verifier, authorize_url, code_form, refresh_form};
use crate::connection::{Connection, judge_connection};
use crate::credential::{Credential, Method};
use crate::ports::World;
use crate::sign_in::Begun;
use crate::{AccessToken, Scope, SealingKeys, SignIn, SignedIn, TokenError};

/// How many sign-ins in turn one request follows.
const SIGN_INS: usize = 3;

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
        judge_connection(connection)?;
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
        let sign_in = Connection::of(identity, keys).begin(&refresh_token, &self.ports).await?;
        // Whoever acted for the connection before may have been somebody else.
        self.forget(identity).await?;
        let actor = Actor { identity, sign_in: Some(sign_in) };
        self.cache.slot(actor, &begun.scope, self.ports.clock.now()).put(granted.token);
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

    /// Forgets who signed in for a connection. A request that has its token already may still use it; no later one does, in
    /// any instance, and nothing that is under way brings the sign-in back.
    ///
    /// # Errors
    ///
    /// [`TokenError::StoreUnavailable`] when what is kept may still be there.
    pub async fn sign_out(&self, credential: &str, connection: &str) -> Result<(), TokenError> {
        judge_connection(connection)?;
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
        judge_connection(connection)?;
        let credential = self.credential(credential)?;
        let Method::AuthorizationCode { application, proof, .. } = &credential.method else {
            return Err(unsuited(credential));
        };
        let identity = of_connection(application, credential, connection);
        let place = Connection::of(identity, self.sealing()?);
        let required = || TokenError::SignInRequired {
            name: credential.name.clone(),
            connection: connection.to_owned(),
        };
        let mut kept = place.read(&self.ports).await?.ok_or_else(required)?;
        for _ in 0..SIGN_INS {
            let is_over = AtomicBool::new(false);
            let over = || {
                is_over.store(true, Ordering::Relaxed);
                required()
            };
            let fetch = async {
                // Time has passed since it was read: others may have asked, and were waited for.
                let current = place.read(&self.ports).await?;
                let current = current.filter(|current| current.sign_in == kept.sign_in);
                let current = current.ok_or_else(over)?;
                let form = refresh_form(&current.refresh_token);
                let granted =
                    self.granted(credential, application, proof, form, scope, OFFLINE, claims);
                let granted = granted.await.map_err(|error| of_person(error, required))?;
                let newer = granted.refresh_token.as_ref();
                if place.renew(&current, newer, &self.ports).await? {
                    Ok(granted)
                } else {
                    Err(over())
                }
            };
            let actor = Actor { identity, sign_in: Some(kept.sign_in) };
            let given = self.fly(credential, actor, scope, need, true, fetch).await;
            let is_over = is_over.load(Ordering::Relaxed)
                || matches!(given, Err(TokenError::SignInRequired { .. }));
            if !is_over {
                return given;
            }
            // It may have been replaced, here or by who was waited for: then the one who signed in since acts.
            let current = place.read(&self.ports).await?.ok_or_else(required)?;
            if current.sign_in == kept.sign_in {
                return given;
            }
            kept = current;
        }
        Err(required())
    }

    /// Forgets every access token of who acts, here and in the store.
    async fn forget(&self, identity: Identity) -> Result<(), TokenError> {
        self.cache.forget(identity);
        let store = &self.ports.key_value;
        let keys =
            store.list(&Actor::prefix(identity)).await.map_err(|_| TokenError::StoreUnavailable)?;
        for key in keys {
            store.delete(&key).await.map_err(|_| TokenError::StoreUnavailable)?;
        }
        Ok(())
    }

    fn sealing(&self) -> Result<&SealingKeys, TokenError> {
        self.sealing.as_ref().ok_or(TokenError::SealingKeyMissing)
    }
}

/// Says of a refusal that only the person mends that the person has to sign in again.
fn of_person(error: TokenError, required: impl Fn() -> TokenError) -> TokenError {
    match error {
        TokenError::Refused(refusal)
            if refusal.claims().is_none()
                && (refusal.ends_the_grant() || refusal.needs_a_person()) =>
        {
            required()
        }
        error => error,
    }
}

fn of_connection(application: &Application, credential: &Credential, connection: &str) -> Identity {
    application.identity(&["connection", &credential.name, connection])
}
