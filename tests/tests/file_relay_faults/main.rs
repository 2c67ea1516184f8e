//! Whatever breaks, a file arrives whole and identical, or the receipt says why it did not and nothing of it is there: connections
//! that break at a hundred random bytes, or fall silent; processes that are killed with SIGKILL at fifty random moments; servers
//! that say wrong lengths, give other ranges, change a file between its parts, want a pause or are full; a disk that is full.
//!
//! `FILE_RELAY_SEED` is the seed of all random moments and bytes; each test prints its own. The deadlines are those of the binary that
//! ships: two minutes are most of what this takes.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong in a test has to stop it"
)]

mod absent_answers;
mod broken_requests;
mod cuts;
mod full_disk;
mod kills;
mod odd_server;
mod odd_servers;
mod outcome;

/// The seed of this run.
#[expect(clippy::disallowed_methods, reason = "who runs the test chooses it")]
fn seed() -> u64 {
    let seed = std::env::var("FILE_RELAY_SEED").map_or(5, |seed| seed.parse().expect("a number"));
    eprintln!("FILE_RELAY_SEED={seed}");
    seed
}

const MIB: usize = 1024 * 1024;
