use serde::{Deserialize, Serialize};

use crate::guid::Guid;

/// What is to be run: what of a request stays in the run's record. The inputs are kept by themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// The flow.
    pub flow: Guid,
    /// Its name, when it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_name: Option<String>,
    /// With or without a person at the machine.
    pub mode: Mode,
    /// The place in the machine's queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// The connection's name, or a connection reference's logical name.
    pub connection: String,
    /// Which of the two.
    pub connection_type: ConnectionType,
    /// How long the robot may take, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u32>,
    /// How many pieces the inputs have; none without inputs.
    #[serde(default, skip_serializing_if = "is_none")]
    pub input_pieces: usize,
}

/// With or without a person at the machine (`runMode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are Dataverse's")]
pub enum Mode {
    Attended,
    Unattended,
}

/// The place in the machine's queue (`runPriority`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are Dataverse's")]
pub enum Priority {
    Normal,
    High,
}

/// What `connectionName` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionType {
    /// A connection.
    Connection,
    /// A connection reference, by its logical name.
    Reference,
}

impl ConnectionType {
    /// The number that `RunDesktopFlow` takes (contracts §1.2).
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Connection => 1,
            Self::Reference => 2,
        }
    }
}

/// How long Dataverse lets a robot run that nobody has said more of, in seconds (contracts §1.2).
pub(super) const DEFAULT_TIMEOUT: u32 = 3 * 60 * 60;

/// The longest that a robot may run, in seconds (contracts §1.2).
pub const LONGEST_TIMEOUT: u32 = 24 * 60 * 60;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_none(pieces: &usize) -> bool {
    *pieces == 0
}
