use crate::relay::hashing::Lost;

/// Why nothing more comes out of a flow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broke {
    /// The source failed.
    #[error("the source broke off: {0}")]
    Source(String),
    /// The source ended before the length that it has.
    #[error("the source ended early")]
    EndedEarly,
    /// Nobody reads this flow any more.
    #[error("the content is given up")]
    GivenUp,
}

impl From<Lost> for Broke {
    fn from(_: Lost) -> Self {
        Self::GivenUp
    }
}
