//! The function's variables. Each is documented here and nowhere else.

pub use headgate_core::Variable;

/// The document of flows.
pub const FLOWS: &str = "flows";
/// The document of credentials.
pub const CREDENTIALS: &str = "credentials";
/// What seals tokens in the store.
pub const TOKEN_CACHE_KEY: &str = "token_cache_key";
/// Who may ask the function.
pub const ACCESS: &str = headgate_jwt::access::ACCESS;
/// How long a run is known.
pub const RETENTION_DAYS: &str = "retention_days";

/// Every variable.
pub const VARIABLES: [Variable; 5] = [
    Variable {
        name: FLOWS,
        meaning: "The flows that may be called, TOML: inline, `file:PATH` or `https://…`. Must be set.",
    },
    Variable {
        name: CREDENTIALS,
        meaning: "Who calls them, TOML: inline, `file:PATH` or `https://…`. Unset: flows can be called by their signature alone.",
    },
    Variable {
        name: TOKEN_CACHE_KEY,
        meaning: "Seals tokens in the store, so that instances share them: base64 of 32 random bytes; several, the newest \
                  first, with white space between. Unset: each instance asks for tokens of its own.",
    },
    Variable {
        name: ACCESS,
        meaning: "Who may ask anything but `/healthz` and `/tick`: `anonymous`, or a policy document of its own \
                  whose policy `default` is judged, or the one that a flow names. Unset: nobody.",
    },
    Variable {
        name: RETENTION_DAYS,
        meaning: "For how many days after it began a run can be asked for, 1 to 30. Unset: 7.",
    },
];
