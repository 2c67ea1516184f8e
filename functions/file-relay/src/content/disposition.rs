use percent_encoding::percent_decode_str;

/// The longest name of a file, in bytes.
const LONGEST: usize = 255;

/// What a `Content-Disposition` says (RFC 6266; RFC 7578 §4.2).
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Disposition {
    /// `form-data`, `attachment`, …, in lower case.
    pub(super) kind: String,
    /// The name of the form's field.
    pub(super) field: Option<String>,
    /// The file's name: the last segment of what was said, if that is one. `Some("")`: it is said to have none.
    pub(super) file_name: Option<String>,
}

impl Disposition {
    /// Reads the header's value; `None` if it cannot be read.
    ///
    /// A quote inside a quoted name stands as `\"` or, as browsers write it, `%22`. `filename*` (RFC 8187, which RFC 7578 does
    /// not want and .NET sends) goes before `filename`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (kind, mut rest) = text.split_once(';').unwrap_or((text, ""));
        let mut said = Self { kind: kind.trim().to_ascii_lowercase(), ..Self::default() };
        let mut extended = None;
        loop {
            rest = rest.trim_start_matches([' ', '\t', ';']);
            if rest.is_empty() {
                break;
            }
            let (name, after) = rest.split_once('=')?;
            let (value, after) = value(after.trim_start())?;
            let place = match name.trim().to_ascii_lowercase().as_str() {
                "name" => &mut said.field,
                "filename" => &mut said.file_name,
                "filename*" => &mut extended,
                _ => &mut None,
            };
            if place.replace(value).is_some() {
                return None;
            }
            rest = after;
        }
        let extended = match extended {
            Some(value) => Some(of_extended(&value)?),
            None => None,
        };
        said.file_name = extended.or(said.file_name).map(|name| last_segment(&name));
        Some(said)
    }
}

/// A token or a quoted string, and what follows it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (token, rest) = text.split_at(text.find(';').unwrap_or(text.len()));
        return Some((token.trim().to_owned(), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match (character, characters.peek()) {
            ('"', _) => return Some((value.replace("%22", "\""), quoted.get(at + 1..)?)),
            // Browsers leave the backslash of a path as it is.
            ('\\', Some((_, same @ ('"' | '\\')))) => {
                value.push(*same);
                characters.next();
            }
            _ => value.push(character),
        }
    }
    None
}

/// `charset'language'percent-encoded`, in UTF-8.
fn of_extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, encoded) = rest.split_once('\'')?;
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    Some(percent_decode_str(encoded).decode_utf8().ok()?.into_owned())
}

fn last_segment(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let is_name = !matches!(last, "." | "..") && last.len() <= LONGEST;
    if is_name && !last.chars().any(char::is_control) { last.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_each_client_writes_it() {
        for (text, field, file_name) in [
            ("form-data; name=\"a\"", Some("a"), None),
            ("form-data; name=file; filename=x.xlsx", Some("file"), Some("x.xlsx")),
            (
                "Form-Data ;name=\"f\";filename=\"a;b \\\"c\\\".txt\"",
                Some("f"),
                Some("a;b \"c\".txt"),
            ),
            ("form-data; name=\"f\"; filename=\"%22q%22.txt\"", Some("f"), Some("\"q\".txt")),
            ("form-data; name=\"f\"; filename=\"C:\\dir\\a.txt\"", Some("f"), Some("a.txt")),
            ("form-data; name=\"f\"; filename=\"../../etc/passwd\"", Some("f"), Some("passwd")),
            (
                "form-data; name=f; filename=\"=?utf-8?B?w6Q=?=\"; filename*=utf-8''%C3%A4.txt",
                Some("f"),
                Some("ä.txt"),
            ),
            ("form-data; name=\"f\"; filename=\"\"", Some("f"), Some("")),
            ("form-data; name=\"f\"; filename=\"..\"", Some("f"), Some("")),
            ("attachment; filename=\"ä.txt\"; size=3", None, Some("ä.txt")),
        ] {
            let said = Disposition::read(text).unwrap();
            assert_eq!(
                (said.field.as_deref(), said.file_name.as_deref()),
                (field, file_name),
                "{text}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_nothing() {
        for text in [
            "form-data; name",
            "form-data; name=\"a",
            "form-data; name=a; name=b",
            "form-data; filename*=latin1''a",
            "form-data; filename*=utf-8''%ff",
            "form-data; filename*=a",
        ] {
            assert_eq!(Disposition::read(text), None, "{text}");
        }
    }
}
