//! Who may ask the function itself.

use crate::gate::Gate;

/// Who may ask the function itself: the variable `access`.
#[derive(Debug)]
pub enum Access {
    /// Nobody: the variable is not set.
    Nobody,
    /// Anybody, said in so many words.
    Anonymous,
    /// Whom a policy lets pass.
    Policy(Box<Gate>),
}
