/// The names that an event's type has had in announcements, drafts and examples, and the one that it has (contracts §1.1).
const TYPES: [(&str, &str); 9] = [
    ("Gateway.CircuitBreakerOpened", "CircuitBreaker.Opened"),
    ("Gateway.CircuitBreakerClosed", "CircuitBreaker.Closed"),
    ("Gateway.TokenNearExpiry", "GatewayTokenNearExpiry"),
    ("Gateway.TokenExpired", "GatewayTokenExpired"),
    ("ApiManagement.CircuitBreaker.Opened", "CircuitBreaker.Opened"),
    ("ApiManagement.CircuitBreaker.Closed", "CircuitBreaker.Closed"),
    ("ReleaseCreated", "APIReleaseCreated"),
    ("ReleaseUpdated", "APIReleaseUpdated"),
    ("ReleaseDeleted", "APIReleaseDeleted"),
];

const API_MANAGEMENT: &str = "Microsoft.ApiManagement.";

/// The attributes that API Management's documentation spells otherwise than CloudEvents does (contracts §1.2).
pub(super) const ATTRIBUTES: [(&str, &str); 3] =
    [("specVersion", "specversion"), ("Type", "type"), ("Time", "time")];

/// The documented name of an event's type.
pub(super) fn documented(event_type: String) -> String {
    let alias = event_type.strip_prefix(API_MANAGEMENT);
    match TYPES.iter().find(|(name, _)| Some(*name) == alias) {
        Some((_, name)) => format!("{API_MANAGEMENT}{name}"),
        None => event_type,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn announced_and_misspelt_types_become_the_documented_ones_and_others_stay() {
        for (came, becomes) in [
            (
                "Microsoft.ApiManagement.ApiManagement.CircuitBreaker.Closed",
                "Microsoft.ApiManagement.CircuitBreaker.Closed",
            ),
            (
                "Microsoft.ApiManagement.Gateway.TokenNearExpiry",
                "Microsoft.ApiManagement.GatewayTokenNearExpiry",
            ),
            (
                "Microsoft.ApiManagement.CircuitBreaker.Opened",
                "Microsoft.ApiManagement.CircuitBreaker.Opened",
            ),
            ("Gateway.TokenNearExpiry", "Gateway.TokenNearExpiry"),
            ("com.example.someevent", "com.example.someevent"),
        ] {
            assert_eq!(documented(came.to_owned()), becomes);
        }
    }
}
