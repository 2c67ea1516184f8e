//! ARM documents that cannot be honoured: what their author reads.

use super::support::{assert_refused, refusal};

fn properties(text: &str) -> String {
    format!(
        "{{\n  \"name\": \"a\",\n  \"properties\": {{ \"url\": \"https://a.example\", {text} }}\n}}"
    )
}

#[test]
fn a_member_is_refused_with_its_path_and_place() {
    assert_refused(&[
        (
            properties(r#""circuitBreakers": {}"#),
            "line 3, column 66: properties.circuitBreakers is unknown; did you mean circuitBreaker?",
        ),
        (
            properties(
                r#""circuitBreaker": { "rules": [ { "name": "r", "tripDuration": "P1M", "failureCondition": { "count": "1", "errorReasons": ["x"] } } ] }"#,
            ),
            "line 3, column 109: properties.circuitBreaker.rules[0].tripDuration must be in days, hours, minutes and seconds; years, months and weeks are not taken",
        ),
        (
            properties(r#""title": "a", "title": "b""#),
            "line 3, column 70: properties.title is given twice",
        ),
        (properties(r#""title": 1.5"#), "line 3, column 56: properties.title must be a string"),
        (
            format!("[{}, {}]", properties(r#""title": null"#), properties(r#""title": null"#)),
            "line 6, column 17: [1].properties has a name that is taken; names that differ in case alone are the same",
        ),
    ]);
}

#[test]
fn text_that_is_not_json_is_refused_where_it_stops_being_so() {
    assert_refused(&[
        ("{\n  \"name\" 1 }", "line 2, column 10: the document is not JSON: expected `:`"),
        ("[{\"é\": nul}]", "line 1, column 11: the document is not JSON: expected ident"),
        ("{} x", "line 1, column 4: the document is not JSON: trailing characters"),
    ]);
    for half in ["{", "[{", "[{}", "[{},", r#"{"a": "\ud800"}"#] {
        assert!(refusal(half).contains("the document is not JSON: "), "{half}: {}", refusal(half));
    }
}

#[test]
fn a_resource_that_is_no_backend_or_has_no_name_is_refused() {
    let another =
        "is a resource of another type; a backend's is Microsoft.ApiManagement/service/backends";
    for (document, expected) in [
        (
            r#"{ "type": "Microsoft.ApiManagement/service/apis", "name": "x", "properties": {} }"#,
            format!("line 1, column 11: type {another}"),
        ),
        (r#"{ "properties": { "url": "https://a.example" } }"#, "line 1, column 1: the document needs name".to_owned()),
        (r#"[{ "name": "a" }]"#, "line 1, column 2: [0] needs properties".to_owned()),
        (r#"{ "value": [], "nextLink": "https://x" }"#, "line 1, column 28: nextLink says that the list goes on elsewhere; fetch all of its pages".to_owned()),
        (r#"{ "resources": 1 }"#, "line 1, column 16: resources must be an array of resources".to_owned()),
        (r#"[{}, []]"#, "line 1, column 2: [0] needs name".to_owned()),
        (r#"{ "resources": [ 7 ] }"#, "line 1, column 18: resources[0] must be an object".to_owned()),
    ] {
        assert_refused(&[(document, expected.as_str())]);
    }
}

#[test]
fn an_expression_is_refused_where_a_value_is_needed() {
    let template = |name: &str, properties: &str| {
        format!(
            "{{ \"resources\": [ {{ \"type\": \"Microsoft.ApiManagement/service/backends\", \"name\": \"{name}\",\n\"properties\": {{ {properties} }} }} ] }}"
        )
    };
    let expression = "is an ARM expression, which is not evaluated here; write the value itself";
    for (document, expected) in [
        (
            template("apim/a", r#""url": "[parameters('url')]""#),
            format!("line 2, column 24: resources[0].properties.url {expression}"),
        ),
        (
            template("[parameters('name')]", r#""url": "https://a.example""#),
            format!("line 1, column 80: resources[0].name {expression}"),
        ),
        (
            template("apim/p", r#""pool": { "services": [ { "id": "[variables('member')]" } ] }"#),
            format!("line 2, column 49: resources[0].properties.pool.services[0].id {expression}"),
        ),
    ] {
        assert_refused(&[(document, expected.as_str())]);
    }
}
