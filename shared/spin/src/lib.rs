//! The ports on spin-sdk and wasi:* interfaces, for components.
