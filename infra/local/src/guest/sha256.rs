use sha2::block_api::compress256;

use super::Guest;
use super::bindings::headgate::digest::sha256::{Host, State};

/// SHA-256's blocks are this long (FIPS 180-4, 1).
const BLOCK: usize = 64;

/// So much is hashed in less than a tick of the guest's CPU time, and no more is taken at a time.
const MOST: usize = 1024 * 1024;

/// A guest hashes what is not a number of whole blocks, or too many of them.
#[derive(Debug, thiserror::Error)]
#[error(
    "headgate:digest/sha256 takes whole blocks of 64 bytes, {MOST} bytes at the most, and not {0} bytes"
)]
struct NotBlocks(usize);

impl Host for Guest {
    fn compress(&mut self, state: State, blocks: Vec<u8>) -> wasmtime::Result<State> {
        let (whole, rest) = blocks.as_chunks::<BLOCK>();
        if !rest.is_empty() || blocks.len() > MOST {
            return Err(NotBlocks(blocks.len()).into());
        }
        let mut state = state.into();
        compress256(&mut state, whole);
        Ok(state.into())
    }
}
