use std::sync::Arc;

use crate::application::{Application, Identity};
use crate::chain::Chain;
use crate::managed_identity::ManagedIdentity;
use crate::password::Password;
use crate::proof::Proof;

/// A way to be somebody, under the name that the document gives it.
#[derive(Debug)]
pub(crate) struct Credential {
    pub(crate) name: String,
    pub(crate) kind: CredentialKind,
    pub(crate) identity: Identity,
    pub(crate) method: Method,
}

/// How a token is asked for.
#[derive(Debug)]
pub(crate) enum Method {
    Application { application: Application, proof: Proof },
    ManagedIdentity(Arc<ManagedIdentity>),
    Password { application: Application, proof: Proof, password: Password },
    AuthorizationCode { application: Application, proof: Proof, redirect_uri: String },
    OnBehalfOf { application: Application, proof: Proof },
    Chain(Chain),
}

/// The kinds of credential, as `kind` in the document names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// `client-secret`.
    ClientSecret,
    /// `certificate`.
    Certificate,
    /// `federated`.
    Federated,
    /// `managed-identity`.
    ManagedIdentity,
    /// `password`.
    Password,
    /// `authorization-code`.
    AuthorizationCode,
    /// `on-behalf-of`.
    OnBehalfOf,
    /// `chain`.
    Chain,
}

/// As whom a credential acts, and so which method of [`Identities`](crate::Identities) takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActsFor {
    /// An application: [`token`](crate::Identities::token).
    Application,
    /// One configured user: [`token`](crate::Identities::token).
    User,
    /// Whoever signed in for a connection: [`connection_token`](crate::Identities::connection_token).
    Connection,
    /// The caller whose token is exchanged: [`on_behalf_of`](crate::Identities::on_behalf_of).
    Caller,
}

impl CredentialKind {
    pub(crate) const CHOICES: [(&'static str, Self); 8] = [
        ("client-secret", Self::ClientSecret),
        ("certificate", Self::Certificate),
        ("federated", Self::Federated),
        ("managed-identity", Self::ManagedIdentity),
        ("password", Self::Password),
        ("authorization-code", Self::AuthorizationCode),
        ("on-behalf-of", Self::OnBehalfOf),
        ("chain", Self::Chain),
    ];

    /// The kind's name in a document.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        let own = Self::CHOICES.iter().find(|(_, kind)| *kind == self);
        own.map_or("", |(name, _)| name)
    }

    /// As whom such a credential acts. A chain has members that act as themselves.
    #[must_use]
    pub const fn acts_for(self) -> ActsFor {
        match self {
            Self::ClientSecret
            | Self::Certificate
            | Self::Federated
            | Self::ManagedIdentity
            | Self::Chain => ActsFor::Application,
            Self::Password => ActsFor::User,
            Self::AuthorizationCode => ActsFor::Connection,
            Self::OnBehalfOf => ActsFor::Caller,
        }
    }

    /// How it is used, for an error.
    pub(crate) const fn takes(self) -> &'static str {
        match self.acts_for() {
            ActsFor::Application | ActsFor::User => {
                "acts as itself: it needs no caller and no connection"
            }
            ActsFor::Connection => "acts for who has signed in: name a connection",
            ActsFor::Caller => "acts on behalf of a caller: give the caller's token",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_name() {
        for (name, kind) in CredentialKind::CHOICES {
            assert_eq!(kind.as_str(), name);
        }
    }
}
