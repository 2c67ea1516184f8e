//! RSA's public operation for WASM: why this crate has its own is told in `docs/decisions/0002-signatures-in-wasm.md`.
//!
//! One source, `power.rs`, for two widths of limbs. A build for hosts with WASM's wide arithmetic, which multiplies 64
//! by 64 bits at once, is told so by `--cfg headgate_wide_arithmetic`: rustc shows that target feature to nobody.

#[cfg(any(test, not(headgate_wide_arithmetic)))]
mod narrow;
#[cfg(any(test, headgate_wide_arithmetic))]
mod wide;

#[cfg(not(headgate_wide_arithmetic))]
pub(super) use narrow::RsaPower;
#[cfg(headgate_wide_arithmetic)]
pub(super) use wide::RsaPower;

#[cfg(test)]
mod tests;
