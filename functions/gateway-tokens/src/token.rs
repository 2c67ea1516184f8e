//! A token as the store holds it.

use headgate_core::Timestamp;
use serde::{Deserialize, Serialize};

use crate::moment::Moment;
use crate::name::Name;

/// What is known of a gateway's token: who has it, until when, and what was said about it. The token itself is not there.
///
/// A record with a member that this version does not know is left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Token {
    /// What its owner calls it.
    pub id: Name,
    /// The gateway's id.
    pub gateway: Name,
    /// The id of the gateway's instance.
    pub instance: Name,
    /// When it expires.
    pub expiry: Moment,
    /// When it was last said to be near its expiry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near_said: Option<Moment>,
    /// Whether it was said to have expired.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expired_said: bool,
}

impl Token {
    /// A token that nothing was said about.
    #[must_use]
    pub fn new(id: Name, gateway: Name, instance: Name, expiry: Timestamp) -> Self {
        let expiry = expiry.into();
        Self { id, gateway, instance, expiry, near_said: None, expired_said: false }
    }

    /// Whether both have the same names and the same expiry, whatever was said about them.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.id == other.id
            && self.gateway == other.gateway
            && self.instance == other.instance
            && self.expiry == other.expiry
    }
}
