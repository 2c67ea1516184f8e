//! Who may ask the function.

/// Who may ask the function: the variable `access`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nobody: the variable is not set.
    Nobody,
    /// Anybody, said in so many words.
    Anonymous,
}
