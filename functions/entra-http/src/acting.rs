use headgate_core::Secret;
use headgate_entra::{AccessToken, ActsFor, Identities, TokenError};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};

use crate::ports::World;
use crate::upstreams::Upstream;

/// The header by which a caller says for whose connection it calls.
pub(crate) const CONNECTION: HeaderName = HeaderName::from_static("x-headgate-connection");

/// For whom an upstream is called.
pub(crate) enum Actor {
    /// As the credential itself: an application, a managed identity, a configured user.
    Itself,
    /// For who signed in for this connection.
    Connection(String),
    /// For the caller, by this token of its own.
    Caller(Secret),
}

/// What a request has to say of for whom it calls, and does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActorUnknown {
    ConnectionMissing,
    CallerTokenMissing,
}

impl Actor {
    /// Reads for whom a request calls.
    pub(crate) fn of(acts_for: ActsFor, headers: &HeaderMap) -> Result<Self, ActorUnknown> {
        let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        match acts_for {
            ActsFor::Application | ActsFor::User => Ok(Self::Itself),
            ActsFor::Connection => match text(&CONNECTION) {
                Some(name) => Ok(Self::Connection(name.to_owned())),
                None => Err(ActorUnknown::ConnectionMissing),
            },
            ActsFor::Caller => {
                let token = text(&AUTHORIZATION).and_then(|value| {
                    let (scheme, token) = value.split_once(' ')?;
                    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
                });
                match token.filter(|token| !token.is_empty()) {
                    Some(token) => Ok(Self::Caller(Secret::new(token))),
                    None => Err(ActorUnknown::CallerTokenMissing),
                }
            }
        }
    }

    /// A token for the upstream.
    pub(crate) async fn token<W: World>(
        &self,
        identities: &Identities<W>,
        upstream: &Upstream,
    ) -> Result<AccessToken, TokenError> {
        let Upstream { credential, scope, .. } = upstream;
        match self {
            Self::Itself => identities.token(credential, scope).await,
            Self::Connection(name) => identities.connection_token(credential, name, scope).await,
            Self::Caller(token) => identities.on_behalf_of(credential, scope, token).await,
        }
    }

    /// Another token than one that the upstream did not take, if there is one to be had. A caller has to bring another token
    /// itself.
    pub(crate) async fn other_token<W: World>(
        &self,
        identities: &Identities<W>,
        upstream: &Upstream,
        refused: &AccessToken,
        claims: Option<&str>,
    ) -> Result<Option<AccessToken>, TokenError> {
        let Upstream { credential, scope, .. } = upstream;
        match self {
            Self::Itself => identities.token_instead_of(credential, scope, refused, claims).await,
            Self::Connection(name) => {
                let instead = identities
                    .connection_token_instead_of(credential, name, scope, refused, claims);
                instead.await
            }
            Self::Caller(_) => Ok(None),
        }
    }
}
