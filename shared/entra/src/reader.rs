mod parts;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use headgate_core::Secret;
use headgate_events::document::{
    Content, DocumentError, DocumentErrorKind, Fields, Position, Table,
};
use http::HeaderValue;

use crate::address::Address;
use crate::application::{Identity, Version};
use crate::certificate::{Certificate, Pair};
use crate::chain::Chain;
use crate::client_secret::ClientSecret;
use crate::credential::{Credential, CredentialKind, Method};
use crate::federated::Federated;
use crate::managed_identity::ManagedIdentity;
use crate::proof::Proof;
use parts::{application, kind_of, managed_identity, one_of, password, web_identity};

/// The most credentials.
const MOST: usize = 64;

const APPLICATION: [&str; 5] = ["tenant", "client-id", "cloud", "authority", "endpoint"];
const SECRET: [&str; 1] = ["client-secret"];
const CERTIFICATE: [&str; 2] = ["certificate", "certificate-file"];
const ASSERTION: [&str; 6] = [
    "assertion-file",
    "assertion-url",
    "assertion-url-authorization",
    "assertion-identity",
    "assertion-aws-region",
    "assertion-aws-endpoint",
];
const PROOFS: [&str; 7] = [
    "client-secret",
    "certificate",
    "certificate-file",
    "assertion-file",
    "assertion-url",
    "assertion-identity",
    "assertion-aws-region",
];
const IDS: [&str; 3] = ["client-id", "object-id", "resource-id"];

impl CredentialKind {
    /// The keys that a credential of this kind may have.
    fn keys(self) -> Vec<&'static str> {
        let application =
            |more: &[&[&'static str]]| [&["kind"], &APPLICATION[..], &more.concat()].concat();
        match self {
            Self::ClientSecret => application(&[&SECRET]),
            Self::Certificate => application(&[&CERTIFICATE]),
            Self::Federated => application(&[&ASSERTION]),
            Self::ManagedIdentity => [&["kind", "source", "imds-endpoint"], &IDS[..]].concat(),
            Self::Password => {
                application(&[&["username", "password"], &SECRET, &CERTIFICATE, &ASSERTION])
            }
            Self::AuthorizationCode => {
                application(&[&["redirect-uri"], &SECRET, &CERTIFICATE, &ASSERTION])
            }
            Self::OnBehalfOf => application(&[&SECRET, &CERTIFICATE, &ASSERTION]),
            Self::Chain => vec!["kind", "of"],
        }
    }
}

/// Reads the credentials of a document whose references are put in.
pub(crate) fn read(root: &Table) -> Result<BTreeMap<String, Credential>, DocumentError> {
    if root.entries.len() > MOST {
        return Err(DocumentErrorKind::TooMany { most: MOST }.at(Position::START, ""));
    }
    let mut opened = Vec::new();
    for entry in &root.entries {
        opened.push((
            entry.key.as_str(),
            open(&entry.key, entry.value.position, &entry.value.content)?,
        ));
    }
    // Managed identities first: others refer to them.
    let mut identities = BTreeMap::new();
    for (name, (kind, fields)) in &opened {
        if *kind == CredentialKind::ManagedIdentity {
            identities.insert(*name, Arc::new(managed_identity(fields)?));
        }
    }
    let kinds: BTreeMap<&str, CredentialKind> =
        opened.iter().map(|(name, (kind, _))| (*name, *kind)).collect();
    let reader = Reader { identities: &identities, kinds: &kinds };
    let credential = |(name, (kind, fields)): &(&str, (CredentialKind, Fields<'_>))| {
        let credential = reader.credential(name, *kind, fields)?;
        Ok(((*name).to_owned(), credential))
    };
    opened.iter().map(credential).collect()
}

/// Reads the kind first: which keys there may be depends on it.
fn open<'a>(
    name: &str,
    position: Position,
    content: &'a Content,
) -> Result<(CredentialKind, Fields<'a>), DocumentError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !(1..=64).contains(&name.len()) || !name.bytes().all(allowed) {
        let expected = "a name of 1 to 64 letters, digits, - and _";
        return Err(DocumentErrorKind::Malformed { expected }.at(position, name));
    }
    let Content::Table(table) = content else {
        let expected = "a table: a credential stands under [its name]";
        return Err(DocumentErrorKind::WrongType { expected }.at(position, name));
    };
    let every: HashSet<_> =
        CredentialKind::CHOICES.iter().flat_map(|(_, kind)| kind.keys()).collect();
    let every: Vec<_> = every.into_iter().collect();
    let listed = "client-secret, certificate, federated, managed-identity, password, authorization-code, on-behalf-of or chain";
    let fields = Fields::of(table, name, position, &every)?;
    let kind = fields.choice("kind", &CredentialKind::CHOICES, listed)?;
    let kind = kind.ok_or_else(|| fields.wrong("kind", DocumentErrorKind::Missing))?;
    Ok((kind, Fields::of(table, name, position, &kind.keys())?))
}

struct Reader<'a> {
    identities: &'a BTreeMap<&'a str, Arc<ManagedIdentity>>,
    kinds: &'a BTreeMap<&'a str, CredentialKind>,
}

impl Reader<'_> {
    fn credential(
        &self,
        name: &str,
        kind: CredentialKind,
        fields: &Fields<'_>,
    ) -> Result<Credential, DocumentError> {
        let (identity, method) = match kind {
            CredentialKind::ClientSecret
            | CredentialKind::Certificate
            | CredentialKind::Federated => {
                let (application, proof) = (application(fields)?, self.proof(fields, true)?);
                // By its name too: what one proof has failed with is no reason not to try another.
                let identity = application.identity(&["application", name]);
                (identity, Method::Application { application, proof })
            }
            CredentialKind::ManagedIdentity => {
                let Some(identity) = self.identities.get(name) else {
                    return Err(fields.wrong_table(DocumentErrorKind::Missing));
                };
                // Tokens of a managed identity stay in this instance, so its name here tells it from others.
                let own = Identity::of([name].into_iter());
                (own, Method::ManagedIdentity(Arc::clone(identity)))
            }
            CredentialKind::Password => {
                let (application, proof) = (application(fields)?, self.proof(fields, false)?);
                let password = password(fields)?;
                let identity = application.identity(&["user", name, &password.username]);
                (identity, Method::Password { application, proof, password })
            }
            CredentialKind::AuthorizationCode => {
                let (application, proof) = (application(fields)?, self.proof(fields, false)?);
                if application.version == Version::V1 {
                    let reason = "must be v2: sign-in takes scopes";
                    return Err(fields.wrong("endpoint", DocumentErrorKind::Conflict { reason }));
                }
                let redirect_uri = fields.required_text("redirect-uri")?;
                Address::parse(redirect_uri)
                    .map_err(|error| fields.wrong("redirect-uri", kind_of(error)))?;
                // As it was written: Entra compares it exactly.
                let redirect_uri = redirect_uri.to_owned();
                let identity = application.identity(&["code", name]);
                (identity, Method::AuthorizationCode { application, proof, redirect_uri })
            }
            CredentialKind::OnBehalfOf => {
                let (application, proof) = (application(fields)?, self.proof(fields, true)?);
                (application.identity(&["behalf"]), Method::OnBehalfOf { application, proof })
            }
            CredentialKind::Chain => {
                let chain = self.chain(fields)?;
                (Identity::of([name].into_iter()), Method::Chain(chain))
            }
        };
        Ok(Credential { name: name.to_owned(), kind, identity, method })
    }

    fn proof(&self, fields: &Fields<'_>, needed: bool) -> Result<Proof, DocumentError> {
        if fields.get("assertion-url-authorization").is_some() {
            fields.required_text("assertion-url")?;
        }
        if fields.get("assertion-aws-endpoint").is_some() {
            fields.required_text("assertion-aws-region")?;
        }
        let Some(key) = one_of(fields, &PROOFS)? else {
            if needed {
                let choices = "client-secret, certificate, certificate-file, assertion-file, assertion-url, assertion-identity and assertion-aws-region";
                return Err(fields.wrong_table(DocumentErrorKind::NoneOf { choices }));
            }
            return Ok(Proof::Nothing);
        };
        let text = fields.required_text(key)?;
        Ok(match key {
            // What wrote the variable may have ended it with a new line; Entra's secrets have none.
            "client-secret" => Proof::Secret(ClientSecret::new(Secret::new(text.trim()))),
            "certificate" => {
                let pair = Pair::parse(text)
                    .map_err(|reason| fields.wrong(key, DocumentErrorKind::Conflict { reason }))?;
                Proof::Certificate(Certificate::Given(Arc::new(pair)))
            }
            "certificate-file" => Proof::Certificate(Certificate::File(text.to_owned())),
            "assertion-file" => Proof::Federated(Federated::File(text.to_owned())),
            "assertion-url" => {
                let address =
                    Address::parse(text).map_err(|error| fields.wrong(key, kind_of(error)))?;
                let authorization = fields.text("assertion-url-authorization")?.map(str::trim);
                if authorization.is_some_and(|text| HeaderValue::from_str(text).is_err()) {
                    let kind = DocumentErrorKind::Malformed { expected: "printable ASCII" };
                    return Err(fields.wrong("assertion-url-authorization", kind));
                }
                let authorization = authorization.map(Secret::new);
                Proof::Federated(Federated::Url { address, authorization })
            }
            "assertion-aws-region" => Proof::Federated(web_identity(fields, text)?),
            _ => {
                let identity = self.identities.get(text).ok_or_else(|| {
                    let expected = "the name of a managed-identity of this document";
                    fields.wrong(key, DocumentErrorKind::Malformed { expected })
                })?;
                Proof::Federated(Federated::Identity(Arc::clone(identity)))
            }
        })
    }

    fn chain(&self, fields: &Fields<'_>) -> Result<Chain, DocumentError> {
        let members = fields.texts("of")?;
        let suits = |name: &str| {
            self.kinds.get(name).is_some_and(|kind| {
                !matches!(
                    kind,
                    CredentialKind::Chain
                        | CredentialKind::AuthorizationCode
                        | CredentialKind::OnBehalfOf
                )
            })
        };
        if members.is_empty() || !members.iter().all(|name| suits(name)) {
            let expected =
                "names of credentials of this document that act as themselves and are no chains";
            return Err(fields.wrong("of", DocumentErrorKind::Malformed { expected }));
        }
        Ok(Chain::of(members.into_iter().map(str::to_owned).collect()))
    }
}

#[cfg(test)]
mod tests;
