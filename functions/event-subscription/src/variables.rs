//! The function's variables. Each is documented here and nowhere else; the README's table is checked against it.

pub use headgate_core::Variable;

/// The rules document.
pub const RULES: &str = "rules";
/// Whose messages are believed.
pub const CHECKS: &str = "checks";
/// The sinks document.
pub const SINKS: &str = "sinks";
/// Who the function is when it calls a sink.
pub const CREDENTIALS: &str = headgate_entra::CREDENTIALS;
/// What seals its tokens in the store.
pub const TOKEN_CACHE_KEY: &str = headgate_entra::TOKEN_CACHE_KEY;
/// Where the functions of the collection are.
pub const COLLECTION_URL: &str = "collection_url";
/// How many attempts a handler gets.
pub const MAX_ATTEMPTS: &str = "max_attempts";
/// How long an event is remembered.
pub const DEDUPLICATION_HOURS: &str = "deduplication_hours";
/// How the handshake of the Event Grid schema is answered.
pub const VALIDATION: &str = "validation";
/// Who may send events after the handshake of CloudEvents.
pub const WEBHOOK_ORIGINS: &str = "webhook_origins";
/// How fast they may send them.
pub const WEBHOOK_RATE: &str = "webhook_rate";
/// Who may ask the function itself.
pub const ACCESS: &str = headgate_jwt::access::ACCESS;

/// Every variable.
pub const VARIABLES: [Variable; 12] = [
    Variable {
        name: RULES,
        meaning: "The rules document, TOML: inline, `file:PATH` or `https://…`. Required.",
    },
    Variable {
        name: CHECKS,
        meaning: "Whose messages are believed: `none`, which is everybody's, or a checks document, TOML: inline, \
                  `file:PATH` or `https://…`. Unset: nobody's; what Lambda itself hands over needs no check.",
    },
    Variable {
        name: SINKS,
        meaning: "The sinks document, TOML, for rules that name a sink: inline, `file:PATH` or `https://…`. Unset: no \
                  sinks.",
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
        name: COLLECTION_URL,
        meaning: "Where the functions of the collection are that rules call, `http` allowed. Unset: \
                  `http://127.0.0.1:3000`.",
    },
    Variable {
        name: MAX_ATTEMPTS,
        meaning: "How many attempts a handler gets before the event goes to the dead letters, 1 to 30. Unset: 5.",
    },
    Variable {
        name: DEDUPLICATION_HOURS,
        meaning: "How long an event is remembered at least, so that it is not handled again, 1 to 168. Unset: 24.",
    },
    Variable {
        name: VALIDATION,
        meaning: "How the handshake of the Event Grid schema is answered: `code` sends the code back, `url` asks the \
                  address that came with it. Unset: `code`.",
    },
    Variable {
        name: WEBHOOK_ORIGINS,
        meaning: "Whose `OPTIONS` handshake is granted, separated by commas, as `eventgrid.azure.net`; `*` is anybody's. \
                  Unset: nobody's.",
    },
    Variable {
        name: WEBHOOK_RATE,
        meaning: "The rate that this handshake grants, in requests a minute; `*` is any. Unset: `*`.",
    },
    Variable {
        name: ACCESS,
        meaning: "Who may ask `/outbox`, `/dead-letters` and `/openapi.json`: `anonymous`, or a policy document of its own \
                  whose policy `default` is judged. Unset: nobody.",
    },
];
