mod connections;

use headgate_core::{Clock, Random, Secret};

use crate::actor::Actor;
use crate::answer::Granted;
use crate::application::Application;
use crate::cache::{Cache, Flight, Need, Shared};
use crate::credential::{Credential, Method};
use crate::form::Form;
use crate::ports::{Ports, World};
use crate::proof::Proof;
use crate::{
    AccessToken, Credentials, Scope, SealingKeys, TokenError, on_behalf_of, token_endpoint,
};

/// Who a function can be: its credentials, and the tokens that it has.
///
/// One is made for the life of an instance. A token that is there costs one lock and one look; whoever needs one that is
/// not waits for the one request that asks. Dropping a call is safe at any time: another of those who wait goes on.
pub struct Identities<W: World> {
    credentials: Credentials,
    sealing: Option<SealingKeys>,
    pub(crate) ports: Ports<W>,
    cache: Cache,
    /// This instance's name among those that share a store.
    holder: String,
}

impl<W: World> Identities<W> {
    /// Makes the identities. Without `sealing` tokens stay in this instance, and nobody can sign in.
    pub fn new(credentials: Credentials, sealing: Option<SealingKeys>, ports: Ports<W>) -> Self {
        let mut name = [0; 8];
        ports.random.fill(&mut name);
        let holder = format!("{:016x}", u64::from_be_bytes(name));
        Self { credentials, sealing, ports, cache: Cache::default(), holder }
    }

    /// The credentials.
    #[must_use]
    pub const fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Gives a token of a credential that acts as itself: an application, a managed identity, a configured user, or the
    /// first of a chain that is available here.
    ///
    /// # Errors
    ///
    /// [`TokenError`]. The error of a failed request is given to all who ask within the next ten seconds; that of a refusal
    /// for half a minute, of a wrong password for five; that of a throttled one for as long as the service asked for.
    pub async fn token(&self, credential: &str, scope: &Scope) -> Result<AccessToken, TokenError> {
        let given = self.of_itself(credential, scope, Need::Token, None).await?;
        given.ok_or(TokenError::AnswerUnusable)
    }

    /// Gives another token than `refused`, which an API did not take: it expired on the way, was revoked, or lacks the
    /// `claims` that the API's challenge names (JSON, decoded). `None` when no other is to be had at the moment: a
    /// token is not replaced within 30 seconds after it came.
    ///
    /// # Errors
    ///
    /// As [`token`](Self::token).
    pub async fn token_instead_of(
        &self,
        credential: &str,
        scope: &Scope,
        refused: &AccessToken,
        claims: Option<&str>,
    ) -> Result<Option<AccessToken>, TokenError> {
        self.of_itself(credential, scope, Need::InsteadOf(refused), claims).await
    }

    /// Exchanges a caller's access token, whose audience is this application, for one of an API behind it.
    ///
    /// Tokens of callers are remembered in this instance alone.
    ///
    /// # Errors
    ///
    /// [`TokenError`]; with a [`claims_challenge`](TokenError::claims_challenge) the caller has to satisfy it.
    pub async fn on_behalf_of(
        &self,
        credential: &str,
        scope: &Scope,
        caller: &Secret,
    ) -> Result<AccessToken, TokenError> {
        let credential = self.credential(credential)?;
        let Method::OnBehalfOf { application, proof } = &credential.method else {
            return Err(unsuited(credential));
        };
        let identity = application.identity(&["behalf", &credential.name, caller.expose()]);
        let fetch = async {
            let form = on_behalf_of::form(caller);
            self.granted(credential, application, proof, form, scope, "", None).await
        };
        let actor = identity.into();
        let given = self.fly(credential, actor, scope, Need::Token, false, fetch).await?;
        given.ok_or(TokenError::AnswerUnusable)
    }

    async fn of_itself(
        &self,
        credential: &str,
        scope: &Scope,
        need: Need<'_>,
        claims: Option<&str>,
    ) -> Result<Option<AccessToken>, TokenError> {
        let credential = self.credential(credential)?;
        let Method::Chain(chain) = &credential.method else {
            return self.member(credential, scope, need, claims).await;
        };
        let mut unavailable = None;
        for (at, name) in chain.in_turn() {
            match self.member(self.credential(name)?, scope, need, claims).await {
                Err(error) if error.is_absence() => {
                    unavailable = unavailable.or(error.is_temporary().then_some(error));
                }
                given => {
                    if given.is_ok() {
                        chain.choose(at);
                    }
                    return given;
                }
            }
        }
        // Where one of them may be there later, nobody has to change anything.
        let exhausted = || TokenError::ChainExhausted { name: credential.name.clone() };
        Err(unavailable.unwrap_or_else(exhausted))
    }

    async fn member(
        &self,
        credential: &Credential,
        scope: &Scope,
        need: Need<'_>,
        claims: Option<&str>,
    ) -> Result<Option<AccessToken>, TokenError> {
        // A managed identity is the machine's: tokens of one machine are not another's.
        let shared = !matches!(credential.method, Method::ManagedIdentity(_));
        let fetch = async {
            match &credential.method {
                Method::Application { application, proof } => {
                    let form = Form::new().with("grant_type", "client_credentials");
                    self.granted(credential, application, proof, form, scope, "", claims).await
                }
                Method::Password { application, proof, password } => {
                    let form = password.form();
                    self.granted(credential, application, proof, form, scope, "", claims).await
                }
                Method::ManagedIdentity(identity) => {
                    identity.fetch(scope, self.ports.clock.now(), &self.ports).await
                }
                Method::AuthorizationCode { .. } | Method::OnBehalfOf { .. } | Method::Chain(_) => {
                    Err(unsuited(credential))
                }
            }
        };
        match credential.method {
            Method::AuthorizationCode { .. } | Method::OnBehalfOf { .. } | Method::Chain(_) => {
                Err(unsuited(credential))
            }
            _ => self.fly(credential, credential.identity.into(), scope, need, shared, fetch).await,
        }
    }

    async fn fly<F>(
        &self,
        credential: &Credential,
        actor: Actor,
        scope: &Scope,
        need: Need<'_>,
        shared: bool,
        fetch: F,
    ) -> Result<Option<AccessToken>, TokenError>
    where
        F: Future<Output = Result<Granted, TokenError>> + Send,
    {
        let slot = self.cache.slot(actor, scope, self.ports.clock.now());
        let sealing = self.sealing.as_ref().filter(|_| shared);
        let shared =
            sealing.map(|keys| Shared { keys, key: actor.key(scope), holder: &self.holder });
        let credential = &credential.name;
        Flight { slot: &slot, need, shared, ports: &self.ports, credential }.token(fetch).await
    }

    /// Completes a form with the client's proof and the scope, and sends it.
    #[expect(clippy::too_many_arguments, reason = "each is one part of a token request")]
    async fn granted(
        &self,
        credential: &Credential,
        application: &Application,
        proof: &Proof,
        mut form: Form,
        scope: &Scope,
        also: &str,
        claims: Option<&str>,
    ) -> Result<Granted, TokenError> {
        application.put_scope(&mut form, scope, also)?;
        if let Some(claims) = claims {
            form.put("claims", claims);
        }
        proof.put(&mut form, &credential.name, application, &self.ports).await?;
        token_endpoint::ask(&application.token_url(), &form, &self.ports).await
    }

    fn credential(&self, name: &str) -> Result<&Credential, TokenError> {
        let unknown = || TokenError::CredentialUnknown { name: name.to_owned() };
        self.credentials.get(name).ok_or_else(unknown)
    }
}

/// Shows the names of the credentials.
impl<W: World> std::fmt::Debug for Identities<W> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_map().entries(self.credentials.names()).finish()
    }
}

fn unsuited(credential: &Credential) -> TokenError {
    TokenError::CredentialUnsuited {
        name: credential.name.clone(),
        kind: credential.kind.as_str(),
        takes: credential.kind.takes(),
    }
}
