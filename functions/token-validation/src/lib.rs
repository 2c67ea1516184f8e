//! Decides whether a caller's token may pass, as API Management's `validate-jwt` and `validate-azure-ad-token` do.

pub mod policy;
