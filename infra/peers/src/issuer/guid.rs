use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use headgate_core::Random;

/// A GUID, written with lower-case digits and hyphens as Entra writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Guid(u128);

/// A text that is no [`Guid`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("GUID is not 32 hexadecimal digits in groups of 8-4-4-4-12")]
pub struct GuidMalformed;

impl Guid {
    /// Makes the GUID of this value.
    #[must_use]
    pub const fn from_u128(value: u128) -> Self {
        Self(value)
    }

    /// Makes a GUID that `name` alone determines (RFC 9562 §5.8), so that it survives a restart without being kept.
    #[must_use]
    pub fn derived_from(name: &str) -> Self {
        let mut bytes = [0; 16];
        for (byte, hashed) in bytes.iter_mut().zip(digest(&SHA256, name.as_bytes()).as_ref()) {
            *byte = *hashed;
        }
        Self::of_version(8, u128::from_be_bytes(bytes))
    }

    /// Makes a random GUID (RFC 9562 §5.4).
    #[must_use]
    pub fn random(random: &(impl Random + ?Sized)) -> Self {
        let mut bytes = [0; 16];
        random.fill(&mut bytes);
        Self::of_version(4, u128::from_be_bytes(bytes))
    }

    const fn of_version(version: u128, value: u128) -> Self {
        let value = value & !(0xf << 76) | version << 76;
        Self(value & !(0x3 << 62) | 0x2 << 62)
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            self.0 >> 96,
            self.0 >> 80 & 0xffff,
            self.0 >> 64 & 0xffff,
            self.0 >> 48 & 0xffff,
            self.0 & 0xffff_ffff_ffff,
        )
    }
}

/// Takes either case of the digits.
impl FromStr for Guid {
    type Err = GuidMalformed;

    fn from_str(text: &str) -> Result<Self, GuidMalformed> {
        let groups: Vec<&str> = text.split('-').collect();
        let well_formed = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
            && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if !well_formed {
            return Err(GuidMalformed);
        }
        u128::from_str_radix(&groups.concat(), 16).map(Self).map_err(|_| GuidMalformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_is_read_in_either_case_and_written_in_lower_case() {
        let guid: Guid = "B2D4E6F8-1A3C-4E5F-8A7B-9C0D1E2F3A4B".parse().unwrap();
        assert_eq!(guid.to_string(), "b2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4b");
    }

    #[test]
    fn what_is_not_grouped_as_a_guid_is_refused() {
        for text in [
            "",
            "common",
            "b2d4e6f81a3c4e5f8a7b9c0d1e2f3a4b",
            "{b2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4b}",
            "b2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4g",
            "+2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4b",
        ] {
            assert_eq!(text.parse::<Guid>(), Err(GuidMalformed), "{text}");
        }
    }

    #[test]
    fn a_derived_guid_depends_on_its_name_alone() {
        let guid = Guid::derived_from("api://orders");
        assert_eq!(guid, Guid::derived_from("api://orders"));
        assert_ne!(guid, Guid::derived_from("api://order"));
        assert_eq!(guid.to_string().as_bytes()[14], b'8');
    }
}
