//! The function's variables. Each is documented here and nowhere else.

/// One variable: the Spin variable `name`, the environment variable `HEADGATE_NAME`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The name.
    pub name: &'static str,
    /// What it means, what is meant when it is unset, and what a blank value means where that differs.
    pub meaning: &'static str,
}

/// The document of the places that get events.
pub const SINKS: &str = "sinks";
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
pub const VARIABLES: [Variable; 6] = [
    Variable {
        name: SINKS,
        meaning: "The places that get events, TOML: inline, `file:PATH` or `https://…`. Unset: events go nowhere.",
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
