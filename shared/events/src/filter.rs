use serde_json::Value;

use crate::data::Data;
use crate::event::Event;

/// Which events a sink or a rule gets: those that meet all of its conditions. Without any, every event.
///
/// Letters' case counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// The types of which the event must have one; empty for any.
    pub types: Vec<TypePattern>,
    /// What the subject must begin with.
    pub subject_begins_with: Option<String>,
    /// What the subject must end with.
    pub subject_ends_with: Option<String>,
    /// JSON Pointers (RFC 6901) into the data, and the value that must be there. Data that is not JSON has none.
    pub data: Vec<(String, Value)>,
}

impl Filter {
    /// Whether the event meets every condition.
    #[must_use]
    pub fn passes(&self, event: &Event) -> bool {
        let subject = event.subject().unwrap_or_default();
        let begins = self.subject_begins_with.as_deref().unwrap_or_default();
        let ends = self.subject_ends_with.as_deref().unwrap_or_default();
        let is_of_type = self.types.is_empty()
            || self.types.iter().any(|pattern| pattern.matches(event.event_type()));
        is_of_type && subject.starts_with(begins) && subject.ends_with(ends) && self.has_data(event)
    }

    fn has_data(&self, event: &Event) -> bool {
        if self.data.is_empty() {
            return true;
        }
        let Data::Json(json) = event.data() else { return false };
        let Some(value) = json.value() else { return false };
        self.data.iter().all(|(pointer, expected)| {
            value.pointer(pointer).is_some_and(|found| is_equal(found, expected))
        })
    }
}

/// Equal as values: `1` and `1.0` are one number.
fn is_equal(found: &Value, expected: &Value) -> bool {
    found == expected
        || found.as_f64().zip(expected.as_f64()).is_some_and(|(found, expected)| {
            // Both come from text, so equal numbers have equal bits.
            found.total_cmp(&expected).is_eq()
        })
}

/// A type, or with `*` at its end all types that begin with what stands before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypePattern {
    /// This type alone.
    Exact(String),
    /// Every type that begins with this.
    Prefix(String),
}

impl TypePattern {
    /// Reads a pattern; `None` when it is empty, or has a `*` anywhere else than at its end.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (pattern, make): (_, fn(String) -> Self) = match text.strip_suffix('*') {
            Some(prefix) => (prefix, Self::Prefix),
            None if text.is_empty() => return None,
            None => (text, Self::Exact),
        };
        (!pattern.contains('*')).then(|| make(pattern.to_owned()))
    }

    /// Whether the type is meant.
    #[must_use]
    pub fn matches(&self, event_type: &str) -> bool {
        match self {
            Self::Exact(exact) => event_type == exact,
            Self::Prefix(prefix) => event_type.starts_with(prefix.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::data::Json;

    fn event() -> Event {
        let data = json!({"backendName": "orders", "tries": 3, "nested": {"on": true}});
        Event::new("1", "/s", "Microsoft.ApiManagement.CircuitBreaker.Opened")
            .unwrap()
            .with_subject("/backends/orders/circuit-breaker/rules/default")
            .unwrap()
            .with_data(Data::Json(Json::from(&data)), None)
            .unwrap()
    }

    fn types(patterns: &[&str]) -> Filter {
        let types = patterns.iter().map(|pattern| TypePattern::parse(pattern).unwrap()).collect();
        Filter { types, ..Filter::default() }
    }

    #[test]
    fn without_conditions_every_event_passes() {
        assert!(Filter::default().passes(&event()));
        assert!(Filter::default().passes(&Event::new("1", "/s", "t").unwrap()));
    }

    #[test]
    fn one_of_the_types_is_enough_and_a_star_ends_a_prefix() {
        assert!(types(&["x", "Microsoft.ApiManagement.CircuitBreaker.Opened"]).passes(&event()));
        assert!(types(&["Microsoft.ApiManagement.*"]).passes(&event()));
        assert!(types(&["*"]).passes(&event()));
        assert!(!types(&["Microsoft.ApiManagement.CircuitBreaker"]).passes(&event()));
        assert!(!types(&["microsoft.*"]).passes(&event()));
        for pattern in ["", "**", "a*b", "*a"] {
            assert_eq!(TypePattern::parse(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn the_subject_is_held_against_both_ends() {
        let filter = |begins: &str, ends: &str| Filter {
            subject_begins_with: Some(begins.to_owned()),
            subject_ends_with: Some(ends.to_owned()),
            ..Filter::default()
        };
        assert!(filter("/backends/orders/", "/default").passes(&event()));
        assert!(!filter("/backends/orders/", "/other").passes(&event()));
        assert!(!filter("/backends/other/", "/default").passes(&event()));
        assert!(!filter("/", "").passes(&Event::new("1", "/s", "t").unwrap()));
    }

    #[test]
    fn every_data_field_must_have_its_value() {
        let filter = |fields: &[(&str, Value)]| Filter {
            data: fields.iter().map(|(at, value)| ((*at).to_owned(), value.clone())).collect(),
            ..Filter::default()
        };
        assert!(
            filter(&[("/backendName", json!("orders")), ("/nested/on", json!(true))])
                .passes(&event())
        );
        assert!(filter(&[("/tries", json!(3.0))]).passes(&event()));
        assert!(!filter(&[("/tries", json!("3"))]).passes(&event()));
        assert!(
            !filter(&[("/backendName", json!("orders")), ("/absent", json!(1))]).passes(&event())
        );
        assert!(!filter(&[("/a", json!(1))]).passes(&Event::new("1", "/s", "t").unwrap()));
    }
}
