//! The clouds that Power Automate runs in.

/// A cloud of Power Automate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cloud {
    /// The public one.
    #[default]
    Public,
    /// GCC, for the government of the United States.
    Gcc,
    /// GCC High.
    GccHigh,
    /// That of the Department of Defense.
    Dod,
    /// China, by 21Vianet.
    China,
}

impl Cloud {
    /// Every cloud by its name in a document.
    pub const CHOICES: [(&'static str, Self); 5] = [
        ("public", Self::Public),
        ("gcc", Self::Gcc),
        ("gcc-high", Self::GccHigh),
        ("dod", Self::Dod),
        ("china", Self::China),
    ];

    /// Whom a token for a flow is for, with the slash at its end (contracts §3.1).
    #[must_use]
    pub const fn audience(self) -> &'static str {
        match self {
            Self::Public => "https://service.flow.microsoft.com/",
            Self::Gcc => "https://gov.service.flow.microsoft.us/",
            Self::GccHigh => "https://high.service.flow.microsoft.us/",
            Self::Dod => "https://service.flow.appsplatform.us/",
            Self::China => "https://service.powerautomate.cn/",
        }
    }

    /// How the names of the hosts end that serve flows and the answers of their runs (contracts §2.1, §3.2).
    #[must_use]
    pub const fn host_suffixes(self) -> [&'static str; 2] {
        match self {
            Self::Public => [".logic.azure.com", ".environment.api.powerplatform.com"],
            Self::Gcc => [".logic.azure.us", ".environment.api.gov.powerplatform.microsoft.us"],
            Self::GccHigh => {
                [".logic.azure.us", ".environment.api.high.powerplatform.microsoft.us"]
            }
            Self::Dod => [".logic.azure.us", ".environment.api.appsplatform.us"],
            Self::China => {
                [".logic.azure.cn", ".environment.api.powerplatform.partner.microsoftonline.cn"]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use headgate_entra::Scope;

    use super::*;

    #[test]
    fn the_scope_of_every_cloud_has_two_slashes() {
        for (name, cloud) in Cloud::CHOICES {
            let scope = Scope::of_resource(cloud.audience()).unwrap();
            assert!(scope.as_str().ends_with("//.default"), "{name}");
            assert_eq!(scope.resource(), Some(cloud.audience()));
        }
    }

    #[test]
    fn a_host_belongs_to_a_domain_and_does_not_only_end_like_one() {
        let suffixes = Cloud::CHOICES.iter().flat_map(|(_, cloud)| cloud.host_suffixes());
        assert!(suffixes.into_iter().all(|suffix| suffix.starts_with('.')));
    }
}
