//! The function's variables. Each is documented here and nowhere else.

pub use headgate_core::Variable;

/// The document of the places that get events.
pub const SINKS: &str = "sinks";
/// Who the function is when it calls a sink.
pub const CREDENTIALS: &str = headgate_entra::CREDENTIALS;
/// What seals its tokens in the store.
pub const TOKEN_CACHE_KEY: &str = headgate_entra::TOKEN_CACHE_KEY;
/// Where events say that they come from.
pub const SOURCE: &str = "source";
/// Who may ask the function.
pub const ACCESS: &str = headgate_jwt::access::ACCESS;
/// How long before its expiry a token is said to be near it.
pub const NEAR_EXPIRY_DAYS: &str = "near_expiry_days";
/// Whether that is said again each day.
pub const NEAR_EXPIRY_DAILY: &str = "near_expiry_daily";
/// Whether a token is said to have expired without anybody using it.
pub const EXPIRED_AT_EXPIRY: &str = "expired_at_expiry";

/// Every variable.
pub const VARIABLES: [Variable; 8] = [
    Variable {
        name: SINKS,
        meaning: "The places that get events, TOML: inline, `file:PATH` or `https://…`. Unset: events go nowhere.",
    },
    Variable {
        name: CREDENTIALS,
        meaning: "Who the function is when it calls a sink that names a credential: a credentials document, TOML: inline, \
                  `file:PATH` or `https://…`. Unset: nobody.",
    },
    Variable {
        name: TOKEN_CACHE_KEY,
        meaning: "The key that seals the credentials' tokens in the store, so that all instances share them: base64 of 32 \
                  bytes; several, the newest first, with white space between. Unset: each instance has its own.",
    },
    Variable {
        name: SOURCE,
        meaning: "The `source` of each event, a URI reference: for a service of API Management its resource id. Unset: \
                  `/headgate/gateway-tokens`.",
    },
    Variable {
        name: ACCESS,
        meaning: "Who may ask anything but `/healthz` and `/tick`: `anonymous`, or a policy document of its own \
                  whose policy `default` is judged. Unset: nobody.",
    },
    Variable {
        name: NEAR_EXPIRY_DAYS,
        meaning: "How many days before its expiry a token is said to be near it, 0 to 365; with 0 never. Unset: 7.",
    },
    Variable {
        name: NEAR_EXPIRY_DAILY,
        meaning: "Whether that is said again every 24 hours until the expiry: `true` or `false`. Unset: `false`.",
    },
    Variable {
        name: EXPIRED_AT_EXPIRY,
        meaning: "Whether a token is said to have expired at its expiry, and not only when somebody has used it after: \
                  `true` or `false`. Unset: `false`.",
    },
];
