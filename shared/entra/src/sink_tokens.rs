use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use headgate_core::Timer;
use headgate_events::{KnownCredentials, TokenUnavailable, Tokens};
use http::HeaderValue;

use crate::{ActsFor, Credentials, Identities, Scope, TokenError, World};

/// How long a sink's token may take, whatever it waits for: a lease on an event counts with that.
const DEADLINE: Duration = Duration::from_secs(60);

impl<W: World> Tokens for Identities<W> {
    async fn authorization(
        &self,
        credential: &str,
        scope: &str,
        refused: Option<&HeaderValue>,
    ) -> Result<Option<HeaderValue>, TokenUnavailable> {
        let scope = Scope::parse(scope)
            .map_err(|error| TokenUnavailable { reason: error.to_string(), retry_after: None })?;
        let given = pin!(self.header(credential, &scope, refused));
        let deadline = pin!(self.ports.clock.sleep(DEADLINE));
        match select(given, deadline).await {
            Either::Left((given, _)) => given.map_err(unavailable),
            Either::Right(_) => Err(TokenUnavailable {
                reason: format!("credential {credential} gave no token within a minute"),
                retry_after: None,
            }),
        }
    }
}

impl<W: World> Identities<W> {
    async fn header(
        &self,
        credential: &str,
        scope: &Scope,
        refused: Option<&HeaderValue>,
    ) -> Result<Option<HeaderValue>, TokenError> {
        let token = self.token(credential, scope).await?;
        let authorization = token.authorization();
        if refused != Some(&authorization) {
            return Ok(Some(authorization));
        }
        let other = self.token_instead_of(credential, scope, &token, None).await?;
        Ok(other.map(|token| token.authorization()))
    }
}

fn unavailable(error: TokenError) -> TokenUnavailable {
    TokenUnavailable { reason: error.to_string(), retry_after: error.retry_after() }
}

impl KnownCredentials for Credentials {
    fn judge_credential(&self, name: &str) -> Result<(), &'static str> {
        match self.kind(name).map(|kind| kind.acts_for()) {
            Some(ActsFor::Application | ActsFor::User) => Ok(()),
            Some(ActsFor::Connection | ActsFor::Caller) => Err(
                "names a credential that does not act by itself: name one of an application, a managed identity, a \
                     password or a chain",
            ),
            None => Err("names none of the credentials in the variable credentials"),
        }
    }

    fn judge_scope(&self, scope: &str) -> Result<(), &'static str> {
        match Scope::parse(scope) {
            Ok(_) => Ok(()),
            Err(_) => Err("must be what a token is for, as RESOURCE/.default"),
        }
    }
}
