use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An id as Dataverse writes one: 32 hexadecimal digits in five groups, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Guid(String);

/// A text is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an id such as 37520647-dbdf-49fa-ba01-6134c14680c4")]
pub struct NotGuid;

const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

impl Guid {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Guid {
    type Err = NotGuid;

    fn from_str(text: &str) -> Result<Self, NotGuid> {
        let text = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
        let mut groups = text.split('-');
        let fits = GROUPS.iter().all(|length| {
            groups.next().is_some_and(|group| {
                group.len() == *length && group.bytes().all(|byte| byte.is_ascii_hexdigit())
            })
        });
        if !fits || groups.next().is_some() {
            return Err(NotGuid);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl TryFrom<String> for Guid {
    type Error = NotGuid;

    fn try_from(text: String) -> Result<Self, NotGuid> {
        text.parse()
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_kept_in_lower_case_and_without_braces() {
        let id: Guid = "{37520647-DBDF-49fa-ba01-6134c14680c4}".parse().unwrap();
        assert_eq!(id.as_str(), "37520647-dbdf-49fa-ba01-6134c14680c4");
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in [
            "",
            "37520647dbdf49faba016134c14680c4",
            "37520647-dbdf-49fa-ba01-6134c14680c",
            "37520647-dbdf-49fa-ba01-6134c14680cg",
            "37520647-dbdf-49fa-ba01-6134c14680c4-",
            "{37520647-dbdf-49fa-ba01-6134c14680c4",
        ] {
            assert_eq!(text.parse::<Guid>(), Err(NotGuid), "{text}");
        }
    }
}
