//! ARM documents as API Management exports them, and what they come to.

use std::time::Duration;

use super::support::{backend, pool, read, read_with};
use crate::backends::{StatusRange, Threshold};

/// As `GET …/backends/{id}` answers: what is not given is null.
const EXPORTED: &str = r#"{
  "id": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg1/providers/Microsoft.ApiManagement/service/apim/backends/orders-1",
  "type": "Microsoft.ApiManagement/service/backends",
  "name": "orders-1",
  "properties": {
    "title": null,
    "type": "Single",
    "url": "https://orders.example/",
    "protocol": "http",
    "credentials": { "query": {}, "header": { "x-key": ["{{orders-key}}"] }, "authorization": null, "certificate": [], "certificateIds": null },
    "proxy": null,
    "tls": { "validateCertificateChain": true, "validateCertificateName": true },
    "circuitBreaker": {
      "rules": [
        {
          "failureCondition": {
            "count": "3",
            "percentage": null,
            "errorReasons": [ "Server errors" ],
            "interval": "P1D",
            "statusCodeRanges": [ { "min": "500", "max": "599" } ]
          },
          "name": "myBreakerRule",
          "tripDuration": "PT1H",
          "acceptRetryAfter": true
        }
      ]
    },
    "pool": null
  }
}"#;

#[test]
fn a_resource_is_read_as_exported() {
    let backends = read_with(EXPORTED, &[("orders_key", "k")]).unwrap();
    let orders = backend(&backends, "orders-1");
    let rule = &orders.rules[0];
    assert_eq!(rule.condition.threshold, Threshold::Count(3));
    assert_eq!(rule.condition.interval, Duration::from_secs(86_400));
    assert_eq!(rule.condition.status_code_ranges, [StatusRange { min: 500, max: 599 }]);
    assert_eq!(rule.trip_duration, Duration::from_secs(3_600));
    assert!(rule.accept_retry_after);
    assert_eq!(orders.title, None);
    assert_eq!(orders.credentials.headers[0].1, "k");
}

#[test]
fn an_array_and_the_answer_to_a_list_request_are_read() {
    let pool_of_one = r#"{ "name": "all", "properties": { "type": "Pool", "title": null, "url": null, "protocol": null, "pool": { "services": [ { "id": "/subscriptions/s/resourceGroups/rg1/providers/Microsoft.ApiManagement/service/apim/backends/orders-1", "weight": null, "priority": "2" } ] } } }"#;
    for document in [
        format!("\u{feff} [ {EXPORTED}, {pool_of_one} ]"),
        format!(r#"{{ "value": [ {EXPORTED}, {pool_of_one} ], "count": 2, "nextLink": null }}"#),
    ] {
        let backends = read_with(&document, &[("orders_key", "k")]).unwrap();
        let member = &pool(&backends, "all").members[0];
        assert_eq!(member.backend.name.as_str(), "orders-1");
        assert_eq!((member.weight, member.priority), (1, Some(2)));
    }
}

#[test]
fn a_template_is_read_and_its_other_resources_are_passed_over() {
    let template = r#"{
      "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
      "contentVersion": "1.0.0.0",
      "parameters": { "service_apim_name": { "type": "String" } },
      "resources": [
        { "type": "Microsoft.ApiManagement/service", "apiVersion": "2024-05-01", "name": "[parameters('service_apim_name')]", "sku": { "name": "Developer" },
          "resources": [
            { "type": "backends", "name": "nested", "properties": { "url": "https://n.example", "title": "[[not an expression]", "protocol": "http" } },
            { "type": "apis", "name": "other" } ] },
        { "type": "Microsoft.ApiManagement/service/apis", "name": "[concat(parameters('service_apim_name'), '/echo')]", "properties": { "path": "[parameters('x')]" } },
        { "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "[concat(parameters('service_apim_name'), '/orders')]",
          "dependsOn": [ "[resourceId('Microsoft.ApiManagement/service', parameters('service_apim_name'))]" ],
          "properties": { "url": "https://orders.example", "protocol": "http" } },
        { "type": "microsoft.apimanagement/service/Backends", "name": "apim/all",
          "properties": { "type": "Pool", "pool": { "services": [
            { "id": "[resourceId('Microsoft.ApiManagement/service/backends', parameters('service_apim_name'), 'orders')]" },
            { "id": "[concat(resourceId('Microsoft.ApiManagement/service', parameters('service_apim_name')), '/backends/nested')]" } ] } } }
      ]
    }"#;
    let backends = read(template).unwrap();
    let names: Vec<&str> = backends.targets.iter().map(|target| target.name().as_str()).collect();
    assert_eq!(names, ["nested", "orders", "all"]);
    assert_eq!(backend(&backends, "nested").title.as_deref(), Some("[not an expression]"));
    let members: Vec<_> = pool(&backends, "all")
        .members
        .iter()
        .map(|member| member.backend.name.to_string())
        .collect();
    assert_eq!(members, ["orders", "nested"]);
}

#[test]
fn a_template_with_symbolic_names_is_read() {
    let backends = read(
        r#"{ "languageVersion": "2.0", "resources": { "one": { "type": "Microsoft.ApiManagement/service/backends", "name": "apim/a", "properties": { "url": "https://a.example", "protocol": "http" } } } }"#,
    );
    assert_eq!(backend(&backends.unwrap(), "a").url.as_str(), "https://a.example/");
}

#[test]
fn the_same_backend_reads_the_same_from_toml_and_from_json() {
    let toml = r#"
        [backends.orders-1]
        url = "https://orders.example/"
        credentials.header.x-key = "${secret:orders-key}"
        [[backends.orders-1.circuitBreaker.rules]]
        name = "myBreakerRule"
        acceptRetryAfter = true
        [backends.orders-1.circuitBreaker.rules.failureCondition]
        count = 3
        errorReasons = ["Server errors"]
        interval = "1.00:00:00"
        statusCodeRanges = [{ min = 500, max = 599 }]
    "#;
    let variables = [("orders_key", "k")];
    assert_eq!(read_with(toml, &variables).unwrap(), read_with(EXPORTED, &variables).unwrap());
}
