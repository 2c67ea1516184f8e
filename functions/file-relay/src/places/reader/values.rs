use headgate_core::Secret;
use headgate_entra::{ActsFor, Credentials, Scope};
use headgate_events::document::{Content, DocumentError, DocumentErrorKind, Fields};

use crate::file_path::FilePath;

/// The keys that each kind has besides the common ones.
const OWN: [(&str, &[&str]); 7] = [
    (
        "http",
        &[
            "url",
            "private-network",
            "method",
            "chunked",
            "headers",
            "user",
            "password",
            "credential",
            "scope",
            "resource",
        ],
    ),
    (
        "azure-blob",
        &[
            "url",
            "container",
            "root",
            "private-network",
            "credential",
            "account",
            "account-key",
            "sas",
            "checksums",
        ],
    ),
    (
        "s3",
        &[
            "endpoint",
            "region",
            "bucket",
            "path-style",
            "root",
            "private-network",
            "access-key-id",
            "secret-access-key",
            "session-token",
            "host-identity",
            "checksums",
        ],
    ),
    (
        "graph",
        &[
            "url",
            "drive",
            "root",
            "private-network",
            "credential",
            "scope",
            "resource",
            "defer-commit",
            "may-rewrite",
        ],
    ),
    (
        "webdav",
        &[
            "url",
            "root",
            "private-network",
            "chunked",
            "user",
            "password",
            "credential",
            "scope",
            "resource",
        ],
    ),
    (
        "sftp",
        &[
            "host",
            "port",
            "user",
            "password",
            "private-key",
            "passphrase",
            "host-key",
            "root",
            "private-network",
        ],
    ),
    ("folder", &["path", "root"]),
];

/// The keys of a kind.
pub(super) fn of(kind: &str) -> &'static [&'static str] {
    OWN.iter().find(|(name, _)| *name == kind).map_or(&[], |(_, keys)| keys)
}

/// The key of this name, if any kind has it.
pub(super) fn known(key: &str) -> Option<&'static str> {
    let own = OWN.iter().flat_map(|(_, keys)| keys.iter());
    super::COMMON.iter().chain(own).find(|known| **known == key).copied()
}

/// The values of one place's table.
pub(super) struct Keys<'a> {
    pub(super) fields: Fields<'a>,
    pub(super) credentials: &'a Credentials,
}

impl Keys<'_> {
    pub(super) fn boolean(&self, key: &str, default: bool) -> Result<bool, DocumentError> {
        match self.fields.get(key).map(|value| &value.content) {
            None => Ok(default),
            Some(Content::Boolean(boolean)) => Ok(*boolean),
            Some(_) => {
                let expected = "true or false";
                Err(self.fields.wrong(key, DocumentErrorKind::WrongType { expected }))
            }
        }
    }

    pub(super) fn private_network(&self) -> Result<bool, DocumentError> {
        self.boolean("private-network", false)
    }

    pub(super) fn text(&self, key: &str) -> Result<String, DocumentError> {
        self.fields.required_text(key).map(str::to_owned)
    }

    pub(super) fn secret(&self, key: &str) -> Result<Option<Secret>, DocumentError> {
        Ok(self.fields.text(key)?.map(Secret::new))
    }

    pub(super) fn required_secret(&self, key: &str) -> Result<Secret, DocumentError> {
        self.fields.required_text(key).map(Secret::new)
    }

    /// A folder below the place's own beginning.
    pub(super) fn root(&self) -> Result<FilePath, DocumentError> {
        let Some(text) = self.fields.text("root")? else { return Ok(FilePath::default()) };
        FilePath::new(text).map_err(|_| {
            let expected = "a path without a slash at either end, and without . and ..";
            self.malformed("root", expected)
        })
    }

    /// The name of a credential that acts as itself.
    pub(super) fn credential(&self) -> Result<String, DocumentError> {
        let name = self.fields.required_text("credential")?;
        let conflict = |reason| self.conflict("credential", reason);
        match self.credentials.kind(name).map(|kind| kind.acts_for()) {
            None => Err(conflict("is no name of the document of credentials")),
            Some(ActsFor::Application | ActsFor::User) => Ok(name.to_owned()),
            Some(ActsFor::Connection | ActsFor::Caller) => {
                Err(conflict("acts for somebody who is not there when a file is carried"))
            }
        }
    }

    /// What tokens are for, by `scope` or `resource`, or `default` where neither is there.
    pub(super) fn scope(&self, default: Option<&str>) -> Result<Scope, DocumentError> {
        let fields = &self.fields;
        let (key, scope) = match (fields.text("scope")?, fields.text("resource")?, default) {
            (Some(_), Some(_), _) => {
                let other = "resource";
                return Err(fields.wrong("scope", DocumentErrorKind::Excluded { other }));
            }
            (Some(scope), None, _) => ("scope", Scope::parse(scope)),
            (None, Some(resource), _) => ("resource", Scope::of_resource(resource)),
            (None, None, Some(resource)) => ("resource", Scope::of_resource(resource)),
            (None, None, None) => {
                let choices = "scope, resource";
                return Err(fields.wrong_table(DocumentErrorKind::NoneOf { choices }));
            }
        };
        let expected = "a scope as Entra takes it, or an application ID URI";
        scope.map_err(|_| self.malformed(key, expected))
    }

    /// Which one of several keys there is; `None` for none of them.
    pub(super) fn one_of<const N: usize>(
        &self,
        keys: [&'static str; N],
    ) -> Result<Option<&'static str>, DocumentError> {
        let mut there = keys.into_iter().filter(|key| self.fields.get(key).is_some());
        match (there.next(), there.next()) {
            (Some(other), Some(key)) => {
                Err(self.fields.wrong(key, DocumentErrorKind::Excluded { other }))
            }
            (found, _) => Ok(found),
        }
    }

    pub(super) fn malformed(&self, key: &str, expected: &'static str) -> DocumentError {
        self.fields.wrong(key, DocumentErrorKind::Malformed { expected })
    }

    pub(super) fn conflict(&self, key: &str, reason: &'static str) -> DocumentError {
        self.fields.wrong(key, DocumentErrorKind::Conflict { reason })
    }
}
