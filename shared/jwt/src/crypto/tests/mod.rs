//! Both backends run every vector: what the native binary accepts, the component accepts, and nothing more.

mod certificate_signatures;
mod differential;
mod private_keys;
mod published;
mod wycheproof;

/// Runs generic checks on both backends: `on_both! { sentence => check, … }`.
macro_rules! on_both {
    ($($sentence:ident => $check:ident,)*) => {
        mod native {
            $(#[test]
            fn $sentence() {
                super::$check::<crate::crypto::native::Native>();
            })*
        }
        mod portable {
            $(#[test]
            fn $sentence() {
                super::$check::<crate::crypto::portable::Portable>();
            })*
        }
    };
}
use on_both;
