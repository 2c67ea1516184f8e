//! The cryptography of tokens: one small interface, and a backend for each kind of target.
//!
//! Native binaries use aws-lc-rs. WASM components use RustCrypto, and for RSA signatures a modular exponentiation of
//! this crate (`docs/decisions/0002-signatures-in-wasm.md`). Both backends run the same published vectors.

mod backend;
mod certificate;
#[cfg(any(test, target_family = "wasm"))]
pub(crate) mod certificate_signatures;
mod decryption_key;
mod der_numbers;
#[cfg(any(test, target_family = "wasm"))]
mod digest;
#[cfg(not(target_family = "wasm"))]
mod native;
#[cfg(any(test, target_family = "wasm"))]
mod p256_key;
#[cfg(any(test, target_family = "wasm"))]
mod portable;
#[cfg(any(test, target_family = "wasm"))]
mod rsa_encoding;
#[cfg(any(test, target_family = "wasm"))]
mod rsa_power;
#[cfg(any(test, target_family = "wasm"))]
mod rsa_private_numbers;
mod verifying_key;

pub use certificate::Certificate;
pub use decryption_key::{DecryptionFailed, DecryptionKey};
pub use verifying_key::{Curve, KeyError, VerifyingKey};

#[cfg(not(target_family = "wasm"))]
use native::Native as Platform;
#[cfg(target_family = "wasm")]
use portable::Portable as Platform;

#[cfg(test)]
mod tests;
