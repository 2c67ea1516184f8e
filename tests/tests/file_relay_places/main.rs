//! The places of file-relay that are reached over HTTP, with servers that nobody of Headgate wrote: Azurite (npm) for Azure Blob Storage,
//! moto (PyPI) for S3, nginx (Debian) for any server, nginx with its WebDAV modules and rclone (Debian) for WebDAV.
//!
//! What this does not prove, because the stand-ins do less than the services (contracts, Power Platform §5.3, 5.4):
//!
//! - Azurite computes no CRC-64 of a block: that it is read is shown with a server of ours. It does not look at a token's signature or rights.
//! - moto verifies no signature and compares no checksum: a wrong key and a damaged part are accepted there. What is sent to S3 to be compared, and that a
//!   refusal is understood, is shown with a server of ours.
//! - moto answers a part of an upload that was given up with 500; S3 says that there is no such upload.
//! - Neither throttles, and neither forgets blocks or uploads by itself.
//! - nginx and rclone keep no locks, and heed no `If-Match` of a `DELETE`: that a file which somebody just changed stays is a look before, not a promise.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong in a test has to stop it"
)]

mod at_once;
mod azure_blob;
mod content;
mod http_servers;
mod odd_server;
mod odd_storage;
mod s3;
mod scenes;
mod shared;
mod tokens;
mod webdav_servers;
mod world;
