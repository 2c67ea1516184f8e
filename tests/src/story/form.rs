use std::collections::BTreeMap;

use serde::Deserialize;
use url::form_urlencoded;

use super::client_assertion::ClientAssertion;
use super::matching::Matching;

/// A form that a peer is to get: these parameters, each once and in any order, and no others.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Form(BTreeMap<String, Field>);

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Field {
    Text(String),
    Assertion(ClientAssertion),
}

impl Form {
    /// Compares a request's content type and body with it.
    pub(super) fn compare(
        &self,
        content_type: Option<&str>,
        body: &[u8],
        matching: &mut Matching<'_>,
    ) {
        let told = "application/x-www-form-urlencoded";
        matching.text("the content type", told, content_type.unwrap_or_default());
        let mut left = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            if left.insert(name.to_string(), value).is_some() {
                matching.wrong(format!("the form has {name} twice"));
            }
        }
        for (name, told) in &self.0 {
            let place = format!("the form's {name}");
            match (left.remove(name), told) {
                (None, _) => matching.wrong(format!("the form has no {name}")),
                (Some(came), Field::Text(told)) => matching.text(&place, told, &came),
                (Some(came), Field::Assertion(told)) => told.compare(&place, &came, matching),
            }
        }
        for (name, came) in left {
            matching.wrong(format!("the form has {name} = {came}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::super::names::Names;
    use super::*;

    fn wrong(content_type: &str, body: &str) -> String {
        let names = Names::new(None, Path::new("/files"));
        let mut matching = Matching::new(&names);
        let form: Form = serde_json::from_value(json!({ "a": "x y&", "b": "${any}" })).unwrap();
        form.compare(Some(content_type), body.as_bytes(), &mut matching);
        matching.end().err().unwrap_or_default().join("; ")
    }

    #[test]
    fn parameters_may_stand_in_any_order_and_encoding() {
        let content_type = "application/x-www-form-urlencoded";
        assert_eq!(wrong(content_type, "a=x%20y%26&b="), "");
        assert_eq!(wrong(content_type, "b=1&a=x+y%26"), "");
        assert_eq!(wrong(content_type, "b=1&a=x"), "the form's a is \"x\" and not \"x y&\"");
        assert_eq!(wrong(content_type, "a=x%20y%26"), "the form has no b");
        assert_eq!(wrong(content_type, "a=x%20y%26&b=1&b=1"), "the form has b twice");
        assert_eq!(wrong(content_type, "a=x%20y%26&b=1&c=2"), "the form has c = 2");
        assert!(wrong("text/plain", "a=x%20y%26&b=1").contains("content type"));
    }
}
