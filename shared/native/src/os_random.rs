use headgate_core::Random;

/// The operating system's generator, asked anew each time, so that a process which is copied or restored from a
/// snapshot repeats nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    /// Ends the process when the operating system has no generator: nothing secure can be done without one.
    fn fill(&self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            std::process::abort();
        }
    }
}
