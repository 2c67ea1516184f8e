use std::path::{Component, Path};

use serde_json::json;
use url::Url;

/// Which of the two it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Source,
    Destination,
}

/// A file that was named on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// The place that it is in.
    pub(super) place: String,
    /// Its path there; a destination's may be a folder's, with a slash at its end, or empty.
    pub(super) path: String,
    side: Side,
    own: Option<Own>,
}

/// Where a place is that the command line itself names.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Own {
    /// An address that ends with a slash.
    Http(String),
    /// An absolute path.
    Folder(String),
}

impl Named {
    /// Reads an operand.
    pub(super) fn read(text: &str, side: Side) -> Result<Self, &'static str> {
        if text.contains("://") {
            return Self::of_address(text, side);
        }
        if let Some((place, path)) = text.split_once(':')
            && is_place(place)
        {
            let (place, path) = (place.to_owned(), path.to_owned());
            return Ok(Self { place, path, side, own: None });
        }
        Self::of_path(text, side)
    }

    fn of_address(text: &str, side: Side) -> Result<Self, &'static str> {
        let wrong = "an address must be http or https, with a path and without a query";
        let url = Url::parse(text).map_err(|_| wrong)?;
        let is_http = matches!(url.scheme(), "http" | "https");
        if !is_http || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong);
        }
        let (above, name) = url.as_str().rsplit_once('/').ok_or(wrong)?;
        let name = percent_encoding::percent_decode_str(name).decode_utf8().map_err(|_| wrong)?;
        if name.is_empty() && side == Side::Source {
            return Err("the source has to name a file");
        }
        let own = Some(Own::Http(format!("{above}/")));
        Ok(Self { place: own_place(side), path: name.into_owned(), side, own })
    }

    fn of_path(text: &str, side: Side) -> Result<Self, &'static str> {
        let path = std::path::absolute(text).map_err(|_| "the path is none")?;
        let is_folder = side == Side::Destination
            && (text.ends_with('/') || text == "." || text == ".." || path.is_dir());
        let wrong = "the path has to name a file, in UTF-8";
        let (folder, name) = match is_folder {
            true => (path.as_path(), ""),
            false => {
                let is_name = matches!(path.components().next_back(), Some(Component::Normal(_)));
                let name = path.file_name().and_then(|name| name.to_str());
                let name = name.filter(|_| is_name).ok_or(wrong)?;
                (path.parent().unwrap_or_else(|| Path::new("/")), name)
            }
        };
        let own = Some(Own::Folder(folder.to_str().ok_or(wrong)?.to_owned()));
        Ok(Self { place: own_place(side), path: name.to_owned(), side, own })
    }

    /// Whether it is in a place that is configured.
    pub(super) const fn is_configured(&self) -> bool {
        self.own.is_none()
    }

    /// The same; a folder with the name of this file below it.
    pub(super) fn with_name_of(mut self, source: &Self) -> Self {
        if self.path.is_empty() || self.path.ends_with('/') {
            let name = source.path.rsplit('/').next().unwrap_or_default();
            self.path.push_str(name);
        }
        self
    }

    /// What the document of places has to say of it.
    pub(super) fn document(&self) -> String {
        // A text of JSON is a text of TOML.
        let (kind, key, value) = match &self.own {
            None => return String::new(),
            Some(Own::Http(url)) => ("http", "url", json!(url)),
            Some(Own::Folder(path)) => ("folder", "path", json!(path)),
        };
        let mut text = format!("\n[{}]\nkind = \"{kind}\"\n{key} = {value}\n", self.place);
        if self.side == Side::Destination {
            text.push_str("write = true\n");
        }
        if kind == "http" {
            // Whoever types an address means it.
            text.push_str("private-network = true\n");
        }
        text
    }
}

fn own_place(side: Side) -> String {
    match side {
        Side::Source => "command-line-source".to_owned(),
        Side::Destination => "command-line-destination".to_owned(),
    }
}

/// Whether it can be the name of a place; one letter may be a drive.
fn is_place(text: &str) -> bool {
    (2..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operand_is_a_place_an_address_or_a_path() {
        let read = |text| Named::read(text, Side::Source);
        let place = read("docs:a/b.txt").unwrap();
        assert_eq!((place.place.as_str(), place.path.as_str()), ("docs", "a/b.txt"));
        assert!(place.is_configured() && place.document().is_empty());
        let address = read("https://files.example/a%20b/c%20d.txt").unwrap();
        assert_eq!(address.path, "c d.txt");
        assert_eq!(
            address.document(),
            "\n[command-line-source]\nkind = \"http\"\nurl = \"https://files.example/a%20b/\"\nprivate-network = true\n"
        );
        let path = read("/srv/files/a.txt").unwrap();
        assert_eq!(path.path, "a.txt");
        assert!(path.document().contains("path = \"/srv/files\""));
        assert!(read("a.txt").unwrap().document().contains("path = \"/"));
        for text in [
            "https://files.example/a?b=c",
            "ftp://files.example/a",
            "https://a.example/",
            "/",
            "..",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_destination_that_is_a_folder_keeps_the_files_name() {
        let source = Named::read("docs:a/b.txt", Side::Source).unwrap();
        for (text, path) in [
            ("/nowhere/x/", "b.txt"),
            ("/nowhere/x", "x"),
            ("other:in/", "in/b.txt"),
            ("other:", "b.txt"),
            ("https://files.example/in/", "b.txt"),
        ] {
            let named = Named::read(text, Side::Destination).unwrap().with_name_of(&source);
            assert_eq!(named.path, path, "{text}");
        }
    }
}
