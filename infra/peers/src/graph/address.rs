use percent_encoding::percent_decode_str;

use super::refused::{Judged, invalid, not_found};

/// What a request's path names within a drive: an item, and what is asked of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// The item that the path begins with; `None` for the drive's root.
    pub(super) id: Option<String>,
    /// The names below it.
    pub(super) names: Vec<String>,
    /// `content`, `children`, `createUploadSession`; empty for the item itself.
    pub(super) of: String,
}

/// What no name in a drive may have.
const FORBIDDEN: [char; 9] = ['"', '*', ':', '<', '>', '?', '/', '\\', '|'];

/// Reads what stands behind the drive in a path: `/root…` or `/items/{id}…`, with `:/{path}` or `:/{path}:` for what is below.
pub(super) fn read(path: &str) -> Judged<Address> {
    let (id, rest) = match path.strip_prefix("/root") {
        Some(rest) => (None, rest),
        None => match path.strip_prefix("/items/") {
            None => return not_found(),
            Some(rest) => {
                let end = rest.find([':', '/']).unwrap_or(rest.len());
                let (id, rest) = rest.split_at(end);
                (Some(decoded(id)?), rest)
            }
        },
    };
    let address = |names, of: &str| Ok(Address { id: id.clone(), names, of: of.to_owned() });
    if let Some(below) = rest.strip_prefix(":/") {
        // A colon within a name is encoded, so the next one ends the path.
        let (path, of) = below.split_once(':').unwrap_or((below, ""));
        let names = path.split('/').map(name).collect::<Judged<_>>()?;
        return match of.strip_prefix('/') {
            Some(of) => address(names, of),
            None if of.is_empty() => address(names, ""),
            None => invalid("The path is malformed."),
        };
    }
    match rest.strip_prefix('/') {
        Some(of) => address(Vec::new(), of),
        None if rest.is_empty() => address(Vec::new(), ""),
        None => not_found(),
    }
}

fn decoded(text: &str) -> Judged<String> {
    match percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => invalid("The path is not UTF-8."),
    }
}

fn name(text: &str) -> Judged<String> {
    let name = decoded(text)?;
    if is_name(&name) { Ok(name) } else { invalid("The name is not allowed.") }
}

/// Whether a drive may have an item of this name.
pub(super) fn is_name(name: &str) -> bool {
    let forbidden = |character: char| character.is_control() || FORBIDDEN.contains(&character);
    !name.is_empty()
        && name.len() <= 400
        && !name.contains(forbidden)
        && !name.ends_with(['.', ' '])
        && !name.starts_with(' ')
        && !name.starts_with("~$")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Option<(Option<String>, String, String)> {
        let address = read(path).ok()?;
        Some((address.id, address.names.join("|"), address.of))
    }

    #[test]
    fn an_item_is_named_by_path_or_by_id() {
        let text = |id: Option<&str>, names: &str, of: &str| {
            Some((id.map(str::to_owned), names.to_owned(), of.to_owned()))
        };
        for (path, expected) in [
            ("/root", text(None, "", "")),
            ("/root/children", text(None, "", "children")),
            ("/root:/a%20b/c%23.txt", text(None, "a b|c#.txt", "")),
            ("/root:/a/c.txt:", text(None, "a|c.txt", "")),
            ("/root:/a/c.txt:/content", text(None, "a|c.txt", "content")),
            ("/items/01AB", text(Some("01AB"), "", "")),
            ("/items/01AB/content", text(Some("01AB"), "", "content")),
            ("/items/01AB:/c.txt:/content", text(Some("01AB"), "c.txt", "content")),
        ] {
            assert_eq!(of(path), expected, "{path}");
        }
    }

    #[test]
    fn a_name_that_no_drive_has_is_refused() {
        for path in [
            "/root:/a%3Ab",
            "/root:/a//b",
            "/root:/..",
            "/root:/a%2Fb",
            "/root:/a%00",
            "/root:/a.",
            "/root:/%FF",
            "/root:/a:b",
            "/rootx",
            "/shared",
        ] {
            assert_eq!(of(path), None, "{path}");
        }
    }
}
