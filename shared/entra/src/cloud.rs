use crate::address::Address;

/// One of the clouds that have an Entra of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cloud {
    /// The public cloud.
    #[default]
    Public,
    /// Azure Government of the United States.
    UsGovernment,
    /// Azure in China, which 21Vianet operates.
    China,
}

impl Cloud {
    pub(crate) const CHOICES: [(&'static str, Self); 3] =
        [("public", Self::Public), ("us-government", Self::UsGovernment), ("china", Self::China)];

    /// The address of its authority, without a slash at the end.
    #[must_use]
    pub const fn authority(self) -> &'static str {
        match self {
            Self::Public => "https://login.microsoftonline.com",
            Self::UsGovernment => "https://login.microsoftonline.us",
            Self::China => "https://login.partner.microsoftonline.cn",
        }
    }

    /// The audience of an assertion that is to be exchanged there (contracts, Power Platform §9): exact, with its case.
    #[must_use]
    pub const fn token_exchange_audience(self) -> &'static str {
        match self {
            Self::Public => "api://AzureADTokenExchange",
            Self::UsGovernment => "api://AzureADTokenExchangeUSGov",
            Self::China => "api://AzureADTokenExchangeChina",
        }
    }

    /// The cloud of an authority; the public one when the authority is none that is known.
    pub(crate) fn of(authority: &Address) -> Self {
        let known = Self::CHOICES.into_iter().map(|(_, cloud)| cloud);
        known.into_iter().find(|cloud| cloud.authority() == authority.as_str()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cloud_is_known_by_its_authority() {
        for (_, cloud) in Cloud::CHOICES {
            assert_eq!(Cloud::of(&Address::parse(cloud.authority()).unwrap()), cloud);
        }
        let other = Address::parse("https://login.example").unwrap();
        assert_eq!(Cloud::of(&other), Cloud::Public);
    }
}
