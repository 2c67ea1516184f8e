//! One page of a list, as an upstream answers it: JSON whose members are kept to the byte but for the link to the next page.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

/// A page: the members of the object, in their order.
#[derive(Debug)]
pub(crate) struct Page<'b> {
    bytes: &'b [u8],
    members: Vec<(String, &'b RawValue)>,
}

/// The member that holds a page's entries.
const VALUE: &str = "value";

impl<'b> Page<'b> {
    /// Reads a page; `None` when the bytes are no JSON object.
    pub(crate) fn read(bytes: &'b [u8]) -> Option<Self> {
        let mut read = serde_json::Deserializer::from_slice(bytes);
        let members = read.deserialize_map(Members).ok()?;
        read.end().ok()?;
        Some(Self { bytes, members })
    }

    /// The links to the next page under any of these names; one that is missing, `null` or empty is none.
    pub(crate) fn next(&self, names: &[String]) -> Vec<(&'b RawValue, String)> {
        let links = self.members.iter().filter(|(name, _)| names.contains(name));
        links
            .filter_map(|(_, raw)| Some((*raw, serde_json::from_str::<String>(raw.get()).ok()?)))
            .filter(|(_, link)| !link.is_empty())
            .collect()
    }

    /// The bytes with other texts in the place of these links; `None` takes the member's value away.
    pub(crate) fn with_links(&self, links: &[(&'b RawValue, Option<String>)]) -> Vec<u8> {
        let mut written = Vec::with_capacity(self.bytes.len() + 256);
        let mut end = 0;
        for (raw, link) in links {
            let start = raw.get().as_ptr().addr() - self.bytes.as_ptr().addr();
            written.extend_from_slice(self.bytes.get(end..start).unwrap_or_default());
            match link {
                Some(link) => written.extend(serde_json::to_vec(link).unwrap_or_default()),
                None => written.extend_from_slice(b"null"),
            }
            end = start + raw.get().len();
        }
        written.extend_from_slice(self.bytes.get(end..).unwrap_or_default());
        written
    }

    /// The entries' text, without the brackets around; `None` when there is no list of entries.
    pub(crate) fn entries(&self) -> Option<&'b str> {
        let (_, raw) = self.members.iter().find(|(name, _)| name == VALUE)?;
        let inner = raw.get().strip_prefix('[')?.strip_suffix(']')?;
        Some(inner.trim())
    }

    /// The page with these entries, and without links.
    pub(crate) fn with_entries(&self, entries: &str, names: &[String]) -> Vec<u8> {
        let mut written = b"{".to_vec();
        for (name, raw) in self.members.iter().filter(|(name, _)| !names.contains(name)) {
            if written.len() > 1 {
                written.push(b',');
            }
            written.extend(serde_json::to_vec(name).unwrap_or_default());
            written.push(b':');
            if name == VALUE {
                written.push(b'[');
                written.extend_from_slice(entries.as_bytes());
                written.push(b']');
            } else {
                written.extend_from_slice(raw.get().as_bytes());
            }
        }
        written.push(b'}');
        written
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#" {"value": [ {"a":1.10} , {"nextLink":"x"} ],"n":123456789012345678901234567890, "next\u004Cink" : "https:\/\/a.example\/b"} "#;

    fn names() -> Vec<String> {
        vec!["nextLink".to_owned()]
    }

    #[test]
    fn a_link_is_replaced_and_every_other_byte_kept() {
        let page = Page::read(TEXT.as_bytes()).unwrap();
        let links = page.next(&names());
        assert_eq!(links[0].1, "https://a.example/b");
        let replaced = page.with_links(&[(links[0].0, Some("../\"".to_owned()))]);
        let expected = TEXT.replace(r#""https:\/\/a.example\/b""#, r#""../\"""#);
        assert_eq!(String::from_utf8(replaced).unwrap(), expected);
        let removed = page.with_links(&[(links[0].0, None)]);
        assert!(String::from_utf8(removed).unwrap().ends_with(": null} "));
    }

    #[test]
    fn a_link_that_is_missing_null_or_empty_is_none() {
        for text in
            ["{}", r#"{"nextLink":null}"#, r#"{"nextLink":""}"#, r#"{"value":[{"nextLink":"a"}]}"#]
        {
            assert!(Page::read(text.as_bytes()).unwrap().next(&names()).is_empty(), "{text}");
        }
        for text in ["[]", "", "{", r#"{"a":1}x"#] {
            assert!(Page::read(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn entries_are_put_into_the_first_page() {
        let page = Page::read(TEXT.as_bytes()).unwrap();
        assert_eq!(page.entries(), Some(r#"{"a":1.10} , {"nextLink":"x"}"#));
        let written = page.with_entries("1,2", &names());
        assert_eq!(written, br#"{"value":[1,2],"n":123456789012345678901234567890}"#);
        assert_eq!(Page::read(br#"{"value":{}}"#).unwrap().entries(), None);
    }
}
