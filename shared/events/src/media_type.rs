/// A media type as `application/json; charset=utf-8` (RFC 2045 §5.1).
pub(crate) struct MediaType<'a> {
    kind: &'a str,
    subtype: &'a str,
    parameters: &'a str,
}

impl<'a> MediaType<'a> {
    /// Reads a media type; `None` when it is none, or could not stand in a header.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let printable = |byte: u8| (b' '..=b'~').contains(&byte) || byte == b'\t';
        if !text.bytes().all(printable) {
            return None;
        }
        let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
        let (kind, subtype) = essence.trim().split_once('/')?;
        (is_token(kind) && is_token(subtype)).then_some(Self { kind, subtype, parameters })
    }

    /// Whether it declares JSON: the subtype is `json` or ends in `+json` (contracts §3.7).
    pub(crate) fn is_json(&self) -> bool {
        self.subtype.eq_ignore_ascii_case("json") || has_suffix(self.subtype, "+json")
    }

    /// Whether it declares text in UTF-8: `text/…` or XML, of no other character set.
    pub(crate) fn is_utf_8_text(&self) -> bool {
        let is_text = self.kind.eq_ignore_ascii_case("text")
            || self.subtype.eq_ignore_ascii_case("xml")
            || has_suffix(self.subtype, "+xml");
        is_text && self.charset().is_none_or(|charset| charset.eq_ignore_ascii_case("utf-8"))
    }

    /// Whether it is `kind/subtype`, whatever the parameters and the letters' case.
    pub(crate) fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind) && self.subtype.eq_ignore_ascii_case(subtype)
    }

    fn charset(&self) -> Option<&'a str> {
        self.parameters.split(';').filter_map(|parameter| parameter.split_once('=')).find_map(
            |(name, value)| {
                name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
            },
        )
    }
}

fn has_suffix(text: &str, suffix: &str) -> bool {
    let start = text.len().checked_sub(suffix.len());
    start.and_then(|start| text.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(suffix))
}

fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_by_the_subtype() {
        for (text, is_json) in [
            ("application/json", true),
            ("Text/JSON; charset=utf-8", true),
            ("application/vnd.example+json", true),
            ("application/jsonp", false),
            ("application/json-seq", false),
            ("json/text", false),
        ] {
            assert_eq!(MediaType::parse(text).unwrap().is_json(), is_json, "{text}");
        }
    }

    #[test]
    fn text_is_told_by_type_and_character_set() {
        for (text, is_text) in [
            ("text/plain", true),
            ("text/plain; charset=\"UTF-8\"", true),
            ("application/soap+xml", true),
            ("text/plain;charset=iso-8859-1", false),
            ("application/octet-stream", false),
        ] {
            assert_eq!(MediaType::parse(text).unwrap().is_utf_8_text(), is_text, "{text}");
        }
    }

    #[test]
    fn what_is_no_media_type_is_refused() {
        for text in ["", "json", "application/", "/json", "a b/c", "text/plain; é", "text/plain\n"]
        {
            assert!(MediaType::parse(text).is_none(), "{text:?}");
        }
    }
}
