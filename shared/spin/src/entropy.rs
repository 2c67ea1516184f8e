use headgate_core::Random;

/// The host's generator: `wasi:random`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Entropy;

impl Random for Entropy {
    fn fill(&self, bytes: &mut [u8]) {
        // `wasi:random` cannot fail: a host without entropy does not return.
        let _ = getrandom::fill(bytes);
    }
}
