type Limb = u32;
type Column = u64;
const LIMB_BITS: usize = 27;

#[path = "power.rs"]
#[allow(clippy::duplicate_mod, reason = "the same source serves both widths")]
mod power;

pub(in crate::crypto) use power::RsaPower;
