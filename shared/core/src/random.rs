/// Unpredictable bytes.
///
/// An implementor draws from the host's cryptographically secure generator and does not block once it is seeded.
pub trait Random: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}
