//! The function's variables. Each is documented here and nowhere else; the README's table is checked against it.

pub use headgate_core::Variable;

/// Where Dataverse is.
pub const DATAVERSE_URL: &str = "dataverse_url";
/// Where Dataverse's callbacks arrive.
pub const CALLBACK_URL: &str = "callback_url";
/// The document of credentials.
pub const CREDENTIALS: &str = "credentials";
/// Which of them acts.
pub const CREDENTIAL: &str = "credential";
/// What tokens are sealed with.
pub const TOKEN_CACHE_KEY: &str = "token_cache_key";
/// The environment whose connections are kept.
pub const ENVIRONMENT_ID: &str = "environment_id";
/// The cloud in which the environment is.
pub const CLOUD: &str = "cloud";
/// Where the connections API is.
pub const CONNECTIONS_URL: &str = "connections_url";
/// Which verbs the connections API is asked with besides `PUT`.
pub const CONNECTIONS_VERBS: &str = "connections_verbs";
/// How many robots start a minute.
pub const RUNS_PER_MINUTE: &str = "runs_per_minute";
/// How long a start may take.
pub const START_TIMEOUT_SECONDS: &str = "start_timeout_seconds";
/// When a start that nobody sees did not happen.
pub const SETTLE_SECONDS: &str = "settle_seconds";
/// How long a finished run is kept.
pub const RETENTION_DAYS: &str = "retention_days";
/// The sinks document.
pub const SINKS: &str = "sinks";
/// What events say of where they come from.
pub const SOURCE: &str = "source";
/// Who may ask the function.
pub const ACCESS: &str = headgate_jwt::access::ACCESS;

/// Every variable.
pub const VARIABLES: [Variable; 16] = [
    Variable {
        name: DATAVERSE_URL,
        meaning: "The environment's Dataverse, as `https://contoso.crm4.dynamics.com`; `http` on this machine alone. Required.",
    },
    Variable {
        name: CALLBACK_URL,
        meaning: "Where Dataverse reaches this function, as `https://robots.contoso.com/desktop-flow`: https and a DNS name, as \
                  Dataverse demands; with a Dataverse on this machine anything. Required.",
    },
    Variable {
        name: CREDENTIALS,
        meaning: "The credentials document, TOML: inline, `file:PATH` or `https://…`. Required.",
    },
    Variable {
        name: CREDENTIAL,
        meaning: "The name of the credential that calls Dataverse and the connections API. Unset: the only one there is.",
    },
    Variable {
        name: TOKEN_CACHE_KEY,
        meaning: "What tokens are sealed with in the store: base64 of 32 random bytes; several, the newest first, by white \
                  space. Unset: tokens stay in an instance.",
    },
    Variable {
        name: ENVIRONMENT_ID,
        meaning: "The Power Platform environment whose connections are kept, as `37520647-dbdf-49fa-ba01-6134c14680c4` or \
                  `Default-…`. Unset: `/connections` is not served.",
    },
    Variable {
        name: CLOUD,
        meaning: "The cloud in which the environment is: `public`, `first-release`, `gcc`, `gcc-high`, `dod`, `china`, \
                  `preprod`, `test`, `dev`, `exp` or `local`. Unset: `public`.",
    },
    Variable {
        name: CONNECTIONS_URL,
        meaning: "The origin of the connections API in place of the environment's own; `http` on this machine alone. Unset: by \
                  the rule for the cloud.",
    },
    Variable {
        name: CONNECTIONS_VERBS,
        meaning: "With which verbs besides `PUT`, the documented one, the connections API is asked: `get`, `delete`, both \
                  separated by a comma, or `none`. Unset: `get,delete`.",
    },
    Variable {
        name: RUNS_PER_MINUTE,
        meaning: "How many runs are started a minute on one connection, 1 to 70. Unset: 70, which is Dataverse's limit.",
    },
    Variable {
        name: START_TIMEOUT_SECONDS,
        meaning: "How long Dataverse may take to answer a start, 1 to 120. Unset: 30.",
    },
    Variable {
        name: SETTLE_SECONDS,
        meaning: "The operator's word: when Dataverse shows no session so long after the last moment at which a start can have \
                  been sent, no robot was started, and it is sent again; 1 to 86400. Unset: nobody's word, and such a run \
                  stays `uncertain`.",
    },
    Variable {
        name: RETENTION_DAYS,
        meaning: "How long a finished run and its `Idempotency-Key` are remembered, 1 to 90. Unset: 7.",
    },
    Variable {
        name: SINKS,
        meaning: "The sinks document, TOML: inline, `file:PATH` or `https://…`; a sink may name one of the `credentials`. Unset: no \
                  sinks.",
    },
    Variable {
        name: SOURCE,
        meaning: "The `source` of the events: a URI reference. Unset: `/headgate/desktop-flow`.",
    },
    Variable {
        name: ACCESS,
        meaning: "Who may ask everything but `/completions`, `/tick` and `/healthz`: `anonymous`, or a policy document of its own \
                  whose policy `default` is judged. Unset: nobody.",
    },
];
