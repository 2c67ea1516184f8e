use sha2::{Digest, Sha256};

use crate::address::Address;
use crate::form::Form;
use crate::{Cloud, Scope, TokenError};

/// An application's registration, and the endpoint that gives it tokens.
#[derive(Clone, Debug)]
pub(crate) struct Application {
    pub(crate) authority: Address,
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    pub(crate) version: Version,
}

/// Which of Entra's two token endpoints is asked (contracts §5.4). It does not decide the token's version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Version {
    /// `/oauth2/token`, with `resource`.
    V1,
    /// `/oauth2/v2.0/token`, with `scope`.
    #[default]
    V2,
}

impl Application {
    pub(crate) fn token_url(&self) -> String {
        self.url("token")
    }

    pub(crate) fn authorize_url(&self) -> String {
        self.url("authorize")
    }

    fn url(&self, what: &str) -> String {
        let version = match self.version {
            Version::V1 => "",
            Version::V2 => "/v2.0",
        };
        format!("{}/{}/oauth2{version}/{what}", self.authority.as_str(), self.tenant)
    }

    pub(crate) fn cloud(&self) -> Cloud {
        Cloud::of(&self.authority)
    }

    /// Puts what the token is for: `resource` or `scope`, with `also` among the scopes.
    pub(crate) fn put_scope(
        &self,
        form: &mut Form,
        scope: &Scope,
        also: &str,
    ) -> Result<(), TokenError> {
        match self.version {
            Version::V1 => {
                form.put("resource", scope.resource().ok_or(TokenError::ScopeNotResource)?);
            }
            Version::V2 if also.is_empty() => form.put("scope", scope.as_str()),
            Version::V2 => form.put("scope", &format!("{scope} {also}")),
        }
        Ok(())
    }

    /// What tells this application from others, with `more` of whoever acts through it.
    pub(crate) fn identity(&self, more: &[&str]) -> Identity {
        let own = [self.authority.as_str(), &self.tenant, &self.client_id];
        Identity::of(own.iter().copied().chain(more.iter().copied()))
    }
}

/// A name for who acts: no secret is in it, and none can be had from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Identity([u8; 16]);

impl Identity {
    /// Makes the name from its parts, whatever they hold.
    pub(crate) fn of<'a>(parts: impl Iterator<Item = &'a str>) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(part);
        }
        let mut name = [0; 16];
        for (byte, digested) in name.iter_mut().zip(digest.finalize()) {
            *byte = digested;
        }
        Self(name)
    }

    pub(crate) fn hex(&self) -> String {
        self.0.iter().fold(String::with_capacity(32), |text, byte| text + &format!("{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn application(version: Version) -> Application {
        Application {
            authority: Address::parse("https://login.microsoftonline.com/").unwrap(),
            tenant: "contoso.example".into(),
            client_id: "c".into(),
            version,
        }
    }

    fn asked(version: Version, scope: &str, also: &str) -> Result<String, TokenError> {
        let mut form = Form::new();
        application(version).put_scope(&mut form, &Scope::parse(scope).unwrap(), also)?;
        Ok(form.as_str().to_owned())
    }

    #[test]
    fn each_endpoint_has_its_path_and_its_parameter() {
        assert_eq!(
            application(Version::V2).token_url(),
            "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token"
        );
        assert_eq!(
            application(Version::V1).token_url(),
            "https://login.microsoftonline.com/contoso.example/oauth2/token"
        );
        let scope = "https://management.azure.com//.default";
        assert_eq!(
            asked(Version::V2, scope, "").unwrap(),
            "scope=https%3A%2F%2Fmanagement.azure.com%2F%2F.default"
        );
        assert_eq!(
            asked(Version::V1, scope, "").unwrap(),
            "resource=https%3A%2F%2Fmanagement.azure.com%2F"
        );
        assert_eq!(asked(Version::V2, "a", "offline_access").unwrap(), "scope=a%20offline_access");
        assert_eq!(asked(Version::V1, "User.Read", ""), Err(TokenError::ScopeNotResource));
    }

    #[test]
    fn identities_differ_when_any_part_does_or_is_cut_elsewhere() {
        let identity = |parts: &[&str]| application(Version::V2).identity(parts);
        assert_eq!(identity(&["ab", "c"]), identity(&["ab", "c"]));
        assert_ne!(identity(&["ab", "c"]), identity(&["a", "bc"]));
        assert_ne!(identity(&[]), identity(&[""]));
        assert_eq!(identity(&[]).hex().len(), 32);
    }
}
