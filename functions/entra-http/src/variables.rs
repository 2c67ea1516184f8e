//! The function's variables. Each is documented here and nowhere else.

pub use headgate_core::Variable;

/// The document of upstreams.
pub const UPSTREAMS: &str = "upstreams";
/// The document of credentials.
pub const CREDENTIALS: &str = "credentials";
/// The keys that tokens are sealed with.
pub const TOKEN_CACHE_KEY: &str = "token_cache_key";
/// Who may ask the function.
pub const ACCESS: &str = headgate_jwt::access::ACCESS;
/// Where callers reach the function.
pub const PUBLIC_URL: &str = "public_url";

/// Every variable.
pub const VARIABLES: [Variable; 5] = [
    Variable {
        name: UPSTREAMS,
        meaning: "The APIs that may be called, TOML: inline, `file:PATH` or `https://…`. Required.",
    },
    Variable {
        name: CREDENTIALS,
        meaning: "The credentials by which upstreams are called, TOML: inline, `file:PATH` or `https://…`. Unset: there \
                  are none, and no upstream can be configured.",
    },
    Variable {
        name: TOKEN_CACHE_KEY,
        meaning: "Base64 of the 32 bytes by which tokens and sign-ins are sealed in the key-value store; several, newest \
                  first, by white space. Unset: each instance has tokens of its own, and nobody can sign in.",
    },
    Variable {
        name: ACCESS,
        meaning: "Who may ask anything but `/healthz` and `/consent/callback`: `anonymous`, or a policy document of its own \
                  whose policy `default` is judged. Unset: nobody.",
    },
    Variable {
        name: PUBLIC_URL,
        meaning: "Where callers reach the function, an `https` address (`http` on loopback): links in answers are \
                  absolute by it. Unset: they are relative to the request.",
    },
];
