//! The function's variables. Each is documented here and nowhere else; the README's table is checked against it.

pub use headgate_core::Variable;

/// The document of places.
pub const PLACES: &str = "places";
/// The document of credentials.
pub const CREDENTIALS: &str = headgate_entra::CREDENTIALS;
/// What tokens are sealed with.
pub const TOKEN_CACHE_KEY: &str = headgate_entra::TOKEN_CACHE_KEY;
/// Who may ask the function.
pub const ACCESS: &str = headgate_jwt::access::ACCESS;
/// The sinks document.
pub const SINKS: &str = "sinks";
/// What events say of where they come from.
pub const SOURCE: &str = "source";
/// Where callers reach the function.
pub const PUBLIC_URL: &str = "public_url";
/// How many relays an instance works on at once.
pub const PARALLEL: &str = "parallel";
/// How long a piece of work may take.
pub const TIME_LIMIT_SECONDS: &str = "time_limit_seconds";
/// How long a place may be silent.
pub const STALL_TIMEOUT_SECONDS: &str = "stall_timeout_seconds";
/// How long a chunk of a chunked upload may be.
pub const CHUNK_BYTES: &str = "chunk_bytes";
/// How long a relay that came to its end is kept.
pub const RETENTION_DAYS: &str = "retention_days";

/// Every variable.
pub const VARIABLES: [Variable; 12] = [
    Variable {
        name: PLACES,
        meaning: "The places that files come from and go to, TOML: inline, `file:PATH` or `https://…`. Required.",
    },
    Variable {
        name: CREDENTIALS,
        meaning: "The credentials by which places and sinks are called, TOML: inline, `file:PATH` or `https://…`. Unset: there \
                  are none.",
    },
    Variable {
        name: TOKEN_CACHE_KEY,
        meaning: "What tokens are sealed with in the store: base64 of 32 random bytes; several, the newest first, by white \
                  space. Unset: tokens stay in an instance.",
    },
    Variable {
        name: ACCESS,
        meaning: "Who may ask everything but `/tick` and `/healthz`: `anonymous`, or a policy document of its own whose policy \
                  `default` is judged. Unset: nobody.",
    },
    Variable {
        name: SINKS,
        meaning: "The sinks document, TOML: inline, `file:PATH` or `https://…`. Unset: no sinks.",
    },
    Variable {
        name: SOURCE,
        meaning: "The `source` of the events: a URI reference. Unset: `/headgate/file-relay`.",
    },
    Variable {
        name: PUBLIC_URL,
        meaning: "Where callers reach the function, an `https` address (`http` on loopback): `Location` is absolute by it, as \
                  Logic Apps may need it for chunks. Unset: it is relative to the request.",
    },
    Variable {
        name: PARALLEL,
        meaning: "How many relays an instance works on at once, 1 to 256; the others wait. Unset: 8.",
    },
    Variable {
        name: TIME_LIMIT_SECONDS,
        meaning: "After how long a relay stops at the end of a part and is left to the next tick, 1 to 86400. Unset: 840 where a \
                  host ends what goes on after an answer, as AWS Lambda does; elsewhere until it is done.",
    },
    Variable {
        name: STALL_TIMEOUT_SECONDS,
        meaning: "How long a place over HTTP may be silent before it is tried again: until an answer begins, within it, and while it \
                  takes nothing of a file, 1 to 3600. Unset: 120.",
    },
    Variable {
        name: CHUNK_BYTES,
        meaning: "How long a chunk of a chunked upload may be, in bytes, 327680 to 62914560: what the host, or whatever stands in \
                  front of it, takes in one request. Unset: 4500000 on AWS Lambda; elsewhere as long as the place's parts.",
    },
    Variable {
        name: RETENTION_DAYS,
        meaning: "How long a relay that came to its end and its `Idempotency-Key` are remembered, 1 to 90. Unset: 7.",
    },
];
