/// What a function decided, for the log and the counters: put into a response's extensions.
///
/// Both parts are names from the code, never from a caller, so they are safe to log and few enough to count by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The route's name, as `validate`.
    pub route: &'static str,
    /// What came of it, as `ok` or `TokenExpired`.
    pub result: &'static str,
}
