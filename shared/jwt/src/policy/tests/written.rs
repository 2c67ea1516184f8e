//! Policies as facts, written in either syntax.

/// A policy as facts, to be written in either syntax.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) name: &'static str,
    pub(super) attributes: Vec<(&'static str, String)>,
    pub(super) lists: Vec<List>,
}

#[derive(Clone, Debug)]
pub(super) struct List {
    pub(super) key: &'static str,
    /// The element around the items in XML.
    pub(super) around: Option<&'static str>,
    pub(super) item: &'static str,
    pub(super) items: Vec<Item>,
}

#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) attributes: Vec<(&'static str, String)>,
    pub(super) text: Option<String>,
    pub(super) values: Vec<String>,
}

pub(super) fn xml(statements: &[Written]) -> String {
    let mut text = String::from("<policies>\n <inbound>\n  <base />\n");
    for statement in statements {
        text += &format!("  <{}{}>\n", statement.name, xml_attributes(&statement.attributes));
        for list in &statement.lists {
            let around = list.around.filter(|_| !list.items.is_empty());
            text += &around.map(|name| format!("   <{name}>\n")).unwrap_or_default();
            for item in &list.items {
                text += &format!("    <{}{}>", list.item, xml_attributes(&item.attributes));
                text += &item.text.as_deref().map(escaped).unwrap_or_default();
                for value in &item.values {
                    text += &format!("<value>{}</value>", escaped(value));
                }
                text += &format!("</{}>\n", list.item);
            }
            text += &around.map(|name| format!("   </{name}>\n")).unwrap_or_default();
        }
        text += &format!("  </{}>\n", statement.name);
    }
    text + " </inbound>\n</policies>"
}

pub(super) fn xml_attributes(attributes: &[(&str, String)]) -> String {
    attributes.iter().map(|(name, value)| format!(" {name}=\"{}\"", escaped(value))).collect()
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

pub(super) fn toml(statements: &[Written]) -> String {
    let mut text = String::new();
    for statement in statements {
        let path = format!("default.{}", statement.name);
        text += &format!("[[{path}]]\n");
        for (name, value) in &statement.attributes {
            text += &format!("{name} = {}\n", bare_or_quoted(value));
        }
        let (plain, tables): (Vec<_>, Vec<_>) =
            statement.lists.iter().partition(|list| list.items.iter().all(Item::is_plain));
        for list in plain {
            if list.around.is_none() || !list.items.is_empty() {
                let items: Vec<String> =
                    list.items.iter().filter_map(|item| item.text.as_deref()).map(quoted).collect();
                text += &format!("{} = [{}]\n", list.key, items.join(", "));
            }
        }
        for list in tables {
            for item in &list.items {
                text += &format!("[[{path}.{}]]\n", list.key);
                for (name, value) in &item.attributes {
                    text += &format!("{name} = {}\n", quoted(value));
                }
                if let Some(value) = &item.text {
                    text += &format!("value = {}\n", quoted(value));
                }
                if !item.values.is_empty() {
                    let values: Vec<String> =
                        item.values.iter().map(|value| quoted(value)).collect();
                    text += &format!("values = [{}]\n", values.join(", "));
                }
            }
        }
    }
    text
}

impl Item {
    pub(super) fn text(text: String) -> Self {
        Self { attributes: Vec::new(), text: Some(text), values: Vec::new() }
    }

    pub(super) fn attributes(attributes: Vec<(&'static str, String)>) -> Self {
        Self { attributes, text: None, values: Vec::new() }
    }

    fn is_plain(&self) -> bool {
        self.attributes.is_empty() && self.values.is_empty()
    }
}

/// Booleans and integers are written bare, as an author would.
pub(super) fn bare_or_quoted(value: &str) -> String {
    if value == "true" || value == "false" || value.parse::<u16>().is_ok() {
        return value.to_owned();
    }
    quoted(value)
}

pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
