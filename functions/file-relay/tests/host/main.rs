//! The places of the host itself: a folder, and OpenSSH's server of SFTP (Debian's `openssh-server`, as an ordinary process).
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod contract;
mod cutting;
mod folder;
mod password;
mod sftp;
mod sshd;
