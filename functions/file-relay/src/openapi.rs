//! The function's contract in OpenAPI.

/// The function's contract, OpenAPI 3.1.
pub const DOCUMENT: &str = include_str!("../openapi.json");
