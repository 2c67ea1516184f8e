//! Whole TOML documents and what they come to.

use std::time::Duration;

use http::StatusCode;

use super::support::{backend, pool, read, with_condition, with_pool};
use crate::backends::{
    ErrorReason, FailureCondition, HalfOpen, Rule, RuleName, StatusRange, Threshold,
};

const EVERYTHING: &str = r#"
[backends.orders]
type = "Single"
url = "https://orders.example/base/"
protocol = "http"
title = "Orders"
description = "Takes orders."
resourceId = "https://management.azure.com/subscriptions/s"
azureRegion = "northeurope"
tls = { validateCertificateChain = true, validateCertificateName = "True", serverX509Names = [] }

[[backends.orders.circuitBreaker.rules]]
name = "server errors"
tripDuration = "PT1H30M"
acceptRetryAfter = true
failureResponse = { statusCode = 504 }
halfOpen = { probes = 3 }
[backends.orders.circuitBreaker.rules.failureCondition]
count = "3"
interval = "P1D"
statusCodeRanges = [{ min = 500, max = 599 }, { min = "429", max = "429" }]
errorReasons = ["BackendConnectionFailure", "Timeout"]
minimumCalls = 10

[[backends.orders.circuitBreaker.rules]]
name = "slow"
tripDuration = "00:00:30"
failureCondition = { percentage = 50, errorReasons = ["Timeout"] }

[backends.other]
url = "http://10.0.0.7:8080"
protocol = "SOAP"

[backends.all]
type = "pool"
title = ""
[backends.all.pool]
failureResponse = { statusCode = 429 }
sessionAffinity = { sessionId = { source = "Cookie", name = "SessionId" } }
[[backends.all.pool.services]]
id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/x/backends/ORDERS"
weight = 3
priority = 1
preferredCarbonEmission = "Medium"
[[backends.all.pool.services]]
id = "/backends/other"
"#;

#[test]
fn every_key_is_read() {
    let backends = read(EVERYTHING).unwrap();
    let orders = backend(&backends, "orders");
    assert_eq!(orders.url.as_str(), "https://orders.example/base/");
    assert_eq!(orders.title.as_deref(), Some("Orders"));
    assert_eq!(orders.description.as_deref(), Some("Takes orders."));
    assert_eq!(
        orders.rules[0],
        Rule {
            name: RuleName::parse("server errors").unwrap(),
            condition: FailureCondition {
                threshold: Threshold::Count(3),
                interval: Duration::from_secs(86_400),
                status_code_ranges: vec![
                    StatusRange { min: 500, max: 599 },
                    StatusRange { min: 429, max: 429 },
                ],
                error_reasons: vec![
                    ErrorReason::backend_connection_failure(),
                    ErrorReason::timeout(),
                ],
                minimum_calls: 10,
            },
            trip_duration: Duration::from_secs(5_400),
            accept_retry_after: true,
            failure_status: StatusCode::GATEWAY_TIMEOUT,
            half_open: Some(HalfOpen { probes: 3 }),
        }
    );
    assert_eq!(orders.rules[1].condition.threshold, Threshold::Percentage(50));
    let all = pool(&backends, "all");
    assert_eq!(all.title.as_deref(), Some(""));
    assert_eq!(all.failure_status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(all.session_affinity.as_ref().unwrap().cookie, "SessionId");
    let members: Vec<_> = all
        .members
        .iter()
        .map(|member| (member.backend.name.as_str(), member.weight, member.priority))
        .collect();
    assert_eq!(members, [("orders", 3, Some(1)), ("other", 1, None)]);
}

#[test]
fn what_has_no_effect_is_accepted_and_said() {
    let backends = read(EVERYTHING).unwrap();
    let said: Vec<String> = backends.ignored.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        ["line 44, column 1: backends.all.pool.services[0].preferredCarbonEmission has no effect"]
    );
}

#[test]
fn what_is_not_given_has_the_defaults_of_the_portal_and_headgates_own_are_off() {
    let backends =
        read(&with_condition("count = 1\nstatusCodeRanges = [{ min = 500, max = 500 }]"));
    let rule = &backend(&backends.unwrap(), "a").rules[0];
    assert_eq!(rule.trip_duration, Duration::from_secs(3_600));
    assert_eq!(rule.condition.interval, Duration::from_secs(3_600));
    assert!(!rule.accept_retry_after);
    assert_eq!(rule.failure_status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(rule.condition.minimum_calls, 0);
    assert_eq!(rule.half_open, None);
}

#[test]
fn names_are_found_in_whatever_case_and_keep_the_order_of_the_document() {
    let backends = read(&with_pool("services = [{ id = 'b' }, { id = 'A' }]")).unwrap();
    assert_eq!(backend(&backends, "A").name.as_str(), "a");
    let names: Vec<&str> = backends.targets.iter().map(|target| target.name().as_str()).collect();
    assert_eq!(names, ["a", "b", "p"]);
    assert_eq!(backends.backends().count(), 2);
    assert_eq!(backends.pools().count(), 1);
    assert!(backends.get("c").is_none());
}

#[test]
fn a_pool_may_stand_before_its_members_and_carry_a_url_that_means_nothing() {
    let backends = read(
        "[backends.p]\nurl = 'http://example.com'\nprotocol = 'http'\npool = { services = [{ id = 'a' }] }\n[backends.a]\nurl = 'https://a.example'",
    )
    .unwrap();
    assert_eq!(pool(&backends, "p").members[0].backend, backend(&backends, "a"));
}

#[test]
fn the_largest_document_of_each_list_is_read() {
    let ranges = ["{ min = 200, max = 599 }"; 10].join(", ");
    let reasons = vec![format!("'{}'", "é".repeat(200)); 10].join(", ");
    let rules: Vec<String> = (0..15)
        .map(|number| {
            format!("{{ name = 'r{number}', failureCondition = {{ count = 9223372036854775807, statusCodeRanges = [{ranges}], errorReasons = [{reasons}] }} }}")
        })
        .collect();
    let url = format!("https://a.example/{}", "x".repeat(1_982));
    let services: Vec<String> = (0..30)
        .map(|number| format!("{{ id = 'b{number}', weight = 100, priority = 0 }}"))
        .collect();
    let members: String =
        (0..30).map(|number| format!("backends.b{number}.url = 'http://b.example'\n")).collect();
    let document = format!(
        "{members}backends.p.pool.services = [{}]\n[backends.a]\nurl = '{url}'\ncircuitBreaker.rules = [{}]\n",
        services.join(", "),
        rules.join(", ")
    );
    let backends = read(&document).unwrap();
    assert_eq!(backend(&backends, "a").rules.len(), 15);
    assert_eq!(pool(&backends, "p").members.len(), 30);
}
