use headgate_core::Secret;
use url::Url;

use crate::file_path::FilePath;

/// What the document says of a container.
#[derive(Clone, Debug)]
pub struct AzureBlobSettings {
    /// The account's address, as `https://ACCOUNT.blob.core.windows.net`; without a query.
    pub account: Url,
    /// The container.
    pub container: ContainerName,
    /// What paths are put below.
    pub root: FilePath,
    /// Whether its host may have a private address.
    pub private_network: bool,
    /// As whom it is called.
    pub access: AzureBlobAccess,
    /// Whether the CRC-64/NVME that the service says of a block is compared. Not all that speak its protocol compute the same.
    pub checksums: bool,
}

/// As whom an account is called.
#[derive(Clone, Debug)]
pub enum AzureBlobAccess {
    /// With a token of a credential, for the scope `https://storage.azure.com/.default`.
    Credential(String),
    /// With one of the account's keys.
    SharedKey {
        /// The account's name.
        account: String,
        /// The key, in base64 as the portal shows it.
        key: Secret,
    },
    /// With a shared access signature: the query, without its `?`. It needs to read, to create and to write, to delete and to list.
    Sas(Secret),
}

/// The name of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerName(String);

impl ContainerName {
    /// Takes a name of 3 to 63 small letters, digits and single hyphens between them, or `$root` or `$web`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_part = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        let is_name = matches!(text, "$root" | "$web")
            || ((3..=63).contains(&text.len()) && text.split('-').all(is_part));
        is_name.then(|| Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_has_a_name_that_azure_takes() {
        for text in ["abc", "a-1", "$root", "$web", &"a".repeat(63)] {
            assert!(ContainerName::parse(text).is_some(), "{text}");
        }
        for text in ["", "ab", "-ab", "ab-", "a--b", "Abc", "a/b", "a.b", "$logs", &"a".repeat(64)]
        {
            assert!(ContainerName::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_key_is_not_shown() {
        let account = "a".to_owned();
        let shown = [
            AzureBlobAccess::SharedKey { account, key: Secret::new("hunter2") },
            AzureBlobAccess::Sas(Secret::new("hunter2")),
        ]
        .map(|access| format!("{access:?}"));
        assert!(!shown.concat().contains("hunter2"));
    }
}
