type Limb = u64;
type Column = u128;
const LIMB_BITS: usize = 59;

#[path = "power.rs"]
#[allow(clippy::duplicate_mod, reason = "the same source serves both widths")]
mod power;

pub(in crate::crypto) use power::RsaPower;
