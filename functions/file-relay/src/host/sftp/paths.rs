use crate::file_path::FilePath;
use crate::place::{PlaceError, Target, mark};

/// Where files are on the server.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    /// Empty, or with a slash at its end.
    root: String,
}

impl Paths {
    pub(super) fn below(root: &str) -> Self {
        let root = match root {
            "" | "/" => root.to_owned(),
            root => format!("{}/", root.trim_end_matches('/')),
        };
        Self { root }
    }

    pub(super) fn of(&self, path: &FilePath) -> String {
        match (path.is_root(), self.root.as_str()) {
            (true, "") => ".".to_owned(),
            (true, "/") => "/".to_owned(),
            (true, root) => root.trim_end_matches('/').to_owned(),
            (false, root) => format!("{root}{path}"),
        }
    }

    /// The file that an upload is written to.
    pub(super) fn beside(&self, target: &Target) -> Result<String, PlaceError> {
        Ok(self.of(&mark::beside(target)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_below_the_root_the_users_folder_or_the_servers() {
        let path = |text| FilePath::new(text).unwrap();
        for (root, below, at) in [
            ("", "a/b", "."),
            ("/", "/a/b", "/"),
            ("in/box", "in/box/a/b", "in/box"),
            ("/srv/", "/srv/a/b", "/srv"),
        ] {
            let paths = Paths::below(root);
            assert_eq!((paths.of(&path("a/b")), paths.of(&path(""))), (below.into(), at.into()));
        }
    }
}
