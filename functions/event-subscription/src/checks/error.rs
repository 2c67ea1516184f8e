use headgate_events::document::{DocumentError, Position};
use headgate_jwt::gate::GateError;
use headgate_jwt::policy::PolicyError;

/// Why a document of checks cannot be honoured. No text of it shows a value of the document.
#[derive(Debug, thiserror::Error)]
pub enum ChecksError {
    /// The document itself is wrong.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The policy within it is.
    #[error("{position}: token.policy cannot be honoured, in it {source}")]
    Policy {
        /// Where the policy's key stands.
        position: Position,
        /// What is wrong, and where within the policy.
        source: PolicyError,
    },
    /// The policy's keys cannot be used.
    #[error("{position}: token.policy cannot be put into force: {source}")]
    Gate {
        /// Where the policy's key stands.
        position: Position,
        /// What is wrong.
        source: Box<GateError>,
    },
}

impl ChecksError {
    /// Where in the document it is wrong.
    #[must_use]
    pub const fn position(&self) -> Position {
        match self {
            Self::Document(error) => error.position,
            Self::Policy { position, .. } | Self::Gate { position, .. } => *position,
        }
    }
}
