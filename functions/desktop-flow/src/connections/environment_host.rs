/// A cloud of the Power Platform (contracts §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Microsoft's")]
pub enum Cloud {
    Public,
    FirstRelease,
    Gcc,
    GccHigh,
    Dod,
    China,
    Preprod,
    Test,
    Dev,
    Exp,
    Local,
}

/// Why a text is no environment's id. It continues a sentence that begins with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// It holds what no id holds, or is too long.
    #[error(
        "must be an environment's id: letters, digits and dashes, as 37520647-dbdf-49fa-ba01-6134c14680c4"
    )]
    Malformed,
    /// It is too short to be parted.
    #[error("is too short to be an environment's id")]
    TooShort,
}

impl Cloud {
    /// Every name, as a sentence lists them.
    pub const LISTED: &'static str =
        "public, first-release, gcc, gcc-high, dod, china, preprod, test, dev, exp or local";

    /// Reads a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "public" => Self::Public,
            "first-release" => Self::FirstRelease,
            "gcc" => Self::Gcc,
            "gcc-high" => Self::GccHigh,
            "dod" => Self::Dod,
            "china" => Self::China,
            "preprod" => Self::Preprod,
            "test" => Self::Test,
            "dev" => Self::Dev,
            "exp" => Self::Exp,
            "local" => Self::Local,
            _ => return None,
        })
    }

    const fn suffix(self) -> &'static str {
        match self {
            Self::Public | Self::FirstRelease => "api.powerplatform.com",
            Self::Gcc => "api.gov.powerplatform.microsoft.us",
            Self::GccHigh => "api.high.powerplatform.microsoft.us",
            Self::Dod => "api.appsplatform.us",
            Self::China => "api.powerplatform.partner.microsoftonline.cn",
            Self::Preprod => "api.preprod.powerplatform.com",
            Self::Test => "api.test.powerplatform.com",
            Self::Dev => "api.dev.powerplatform.com",
            Self::Exp => "api.exp.powerplatform.com",
            Self::Local => "api.powerplatform.localhost",
        }
    }

    /// What a token for the API is for.
    #[must_use]
    pub fn audience(self) -> String {
        format!("https://{}", self.suffix())
    }

    /// How many characters stand behind the dot: two in production, one elsewhere.
    const fn behind_the_dot(self) -> usize {
        match self {
            Self::Public | Self::FirstRelease => 2,
            Self::Gcc
            | Self::GccHigh
            | Self::Dod
            | Self::China
            | Self::Preprod
            | Self::Test
            | Self::Dev
            | Self::Exp
            | Self::Local => 1,
        }
    }

    /// The host of an environment: its id in lower case and without dashes, a dot before the last characters, and the
    /// cloud's suffix.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError`].
    ///
    /// ```
    /// use headgate_desktop_flow::connections::Cloud;
    ///
    /// // The test vector of Microsoft's Agents SDK.
    /// let host = Cloud::Public.environment_host("37520647-dbdf-49fa-ba01-6134c14680c4")?;
    /// assert_eq!(host, "37520647dbdf49faba016134c14680.c4.environment.api.powerplatform.com");
    /// # Ok::<(), headgate_desktop_flow::connections::EnvironmentError>(())
    /// ```
    pub fn environment_host(self, environment: &str) -> Result<String, EnvironmentError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if environment.len() > 64 || !environment.bytes().all(allowed) {
            return Err(EnvironmentError::Malformed);
        }
        let name = environment.to_ascii_lowercase().replace('-', "");
        let at = name.len().checked_sub(self.behind_the_dot()).filter(|at| *at > 0);
        let (front, back) =
            at.and_then(|at| name.split_at_checked(at)).ok_or(EnvironmentError::TooShort)?;
        Ok(format!("{front}.{back}.environment.{}", self.suffix()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENVIRONMENT: &str = "37520647-dbdf-49fa-ba01-6134c14680c4";

    #[test]
    fn two_characters_stand_behind_the_dot_in_production_and_one_elsewhere() {
        for (name, host) in [
            ("public", "37520647dbdf49faba016134c14680.c4.environment.api.powerplatform.com"),
            (
                "first-release",
                "37520647dbdf49faba016134c14680.c4.environment.api.powerplatform.com",
            ),
            (
                "gcc",
                "37520647dbdf49faba016134c14680c.4.environment.api.gov.powerplatform.microsoft.us",
            ),
            (
                "gcc-high",
                "37520647dbdf49faba016134c14680c.4.environment.api.high.powerplatform.microsoft.us",
            ),
            ("dod", "37520647dbdf49faba016134c14680c.4.environment.api.appsplatform.us"),
            (
                "china",
                "37520647dbdf49faba016134c14680c.4.environment.api.powerplatform.partner.microsoftonline.cn",
            ),
            (
                "preprod",
                "37520647dbdf49faba016134c14680c.4.environment.api.preprod.powerplatform.com",
            ),
            ("test", "37520647dbdf49faba016134c14680c.4.environment.api.test.powerplatform.com"),
            ("dev", "37520647dbdf49faba016134c14680c.4.environment.api.dev.powerplatform.com"),
            ("exp", "37520647dbdf49faba016134c14680c.4.environment.api.exp.powerplatform.com"),
            ("local", "37520647dbdf49faba016134c14680c.4.environment.api.powerplatform.localhost"),
        ] {
            let cloud = Cloud::parse(name).unwrap();
            assert_eq!(cloud.environment_host(ENVIRONMENT).unwrap(), host, "{name}");
            assert!(Cloud::LISTED.contains(name));
        }
        assert_eq!(Cloud::parse("Public"), None);
    }

    #[test]
    fn a_default_environment_is_parted_as_a_whole() {
        let host = Cloud::Public.environment_host("Default-37520647-DBDF-49fa-ba01-6134c14680c4");
        let expected = "default37520647dbdf49faba016134c14680.c4.environment.api.powerplatform.com";
        assert_eq!(host.unwrap(), expected);
    }

    #[test]
    fn what_would_change_the_host_is_refused() {
        for text in ["a.evil.example/", "a@b", "a#b", "a b", "é", &"a".repeat(65)] {
            assert_eq!(Cloud::Public.environment_host(text), Err(EnvironmentError::Malformed));
        }
        for text in ["", "--", "ab"] {
            assert_eq!(Cloud::Public.environment_host(text), Err(EnvironmentError::TooShort));
        }
    }
}
