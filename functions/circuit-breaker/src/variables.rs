//! The function's variables. Each is documented here and nowhere else.

pub use headgate_core::Variable;

/// The document of backends and pools.
pub const BACKENDS: &str = "backends";
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
/// How long a state that was read is good for.
pub const STATE_CACHE_MS: &str = "state_cache_ms";
/// How long a backend may take.
pub const BACKEND_TIMEOUT_MS: &str = "backend_timeout_ms";

/// Every variable.
pub const VARIABLES: [Variable; 8] = [
    Variable {
        name: BACKENDS,
        meaning: "The backends and pools, TOML or the ARM JSON of API Management backends: inline, `file:PATH` or \
                  `https://…`. Required.",
    },
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
                  `/headgate/circuit-breaker`.",
    },
    Variable {
        name: ACCESS,
        meaning: "Who may ask anything but `/healthz` and `/tick`: `anonymous`, or a policy document of its own \
                  whose policy `default` is judged. Unset: nobody.",
    },
    Variable {
        name: STATE_CACHE_MS,
        meaning: "How old a backend's state may be that a request is judged by, 0 to 60000 milliseconds; with 0 each \
                  request reads it. Unset: 1000.",
    },
    Variable {
        name: BACKEND_TIMEOUT_MS,
        meaning: "How long a backend may take until its response's head is there, and how long its body may pause, 1 to \
                  3600000 milliseconds; a connection is given up after 10 seconds at most. Unset: 300000.",
    },
];
