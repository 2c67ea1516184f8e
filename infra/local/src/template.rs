use std::collections::BTreeMap;
use std::fmt;

/// A value of the manifest that may refer to application variables, as `https://{{ api_host }}/users`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(String),
}

/// Why a template could not be read or filled in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// An opening `{{` has no `}}`.
    #[error("a {{{{ … }}}} reference is not closed")]
    Unclosed,
    /// What stands between the braces is not a variable's name.
    #[error(
        "{{{{ {0} }}}} is not a variable's name: use lower-case letters, digits and underscores"
    )]
    NotAName(String),
    /// The application declares no such variable.
    #[error("variable {0} is not declared: add it to [variables]")]
    Undeclared(String),
}

impl Template {
    /// Reads a template; a text without `{{` is one, too.
    pub(crate) fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, from_name)) = rest.split_once("{{") {
            let (name, after) = from_name.split_once("}}").ok_or(TemplateError::Unclosed)?;
            let name = name.trim();
            if !is_variable_name(name) {
                return Err(TemplateError::NotAName(name.to_owned()));
            }
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Variable(name.to_owned()));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }

    /// Puts the values in; a value is not expanded again.
    pub(crate) fn fill(&self, values: &BTreeMap<String, String>) -> Result<String, TemplateError> {
        let mut filled = String::new();
        for part in &self.0 {
            filled.push_str(match part {
                Part::Text(text) => text,
                Part::Variable(name) => {
                    values.get(name).ok_or_else(|| TemplateError::Undeclared(name.clone()))?
                }
            });
        }
        Ok(filled)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Text(text) => formatter.write_str(text),
            Part::Variable(name) => write!(formatter, "{{{{ {name} }}}}"),
        })
    }
}

/// Says whether `name` can name a variable: words of lower-case letters and digits that begin with a letter, joined by
/// single underscores.
pub(crate) fn is_variable_name(name: &str) -> bool {
    name.split('_').all(|word| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word.chars().all(|each| each.is_ascii_lowercase() || each.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str) -> Result<String, TemplateError> {
        let values = BTreeMap::from([("host".to_owned(), "{{ other }}".to_owned())]);
        Template::parse(text).and_then(|template| template.fill(&values))
    }

    #[test]
    fn a_reference_is_replaced_once_and_its_value_is_not_expanded_again() {
        assert_eq!(fill("https://{{host}}/{{ host }}").unwrap(), "https://{{ other }}/{{ other }}");
    }

    #[test]
    fn a_text_without_references_stays_as_it_is() {
        assert_eq!(fill("{ plain } }}").unwrap(), "{ plain } }}");
    }

    #[test]
    fn an_undeclared_variable_is_named() {
        assert_eq!(fill("{{ nobody }}"), Err(TemplateError::Undeclared("nobody".to_owned())));
    }

    #[test]
    fn a_broken_reference_is_refused() {
        assert_eq!(fill("{{ host"), Err(TemplateError::Unclosed));
        assert_eq!(fill("{{ Host }}"), Err(TemplateError::NotAName("Host".to_owned())));
    }

    #[test]
    fn a_variable_name_is_lower_snake_case() {
        for name in ["a", "jwks_uri", "key2", "a_b2_c"] {
            assert!(is_variable_name(name), "{name}");
        }
        for name in ["", "A", "2a", "a__b", "_a", "a_", "a_2b", "a-b", "a b"] {
            assert!(!is_variable_name(name), "{name}");
        }
    }
}
