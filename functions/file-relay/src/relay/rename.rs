//! New names for files whose own is taken: pure.

use crate::file_path::{FilePath, FilePathError};

/// How many names are tried.
pub const MOST: u32 = 100;

/// The path with ` (n)` before the extension; with 0 the path itself.
///
/// # Errors
///
/// [`FilePathError::TooLong`] when there is no room for it.
pub fn renamed(path: &FilePath, n: u32) -> Result<FilePath, FilePathError> {
    if n == 0 {
        return Ok(path.clone());
    }
    let name = path.name();
    // A name that begins with its only dot has no extension.
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => name.split_at(stem.len()),
        _ => (name, ""),
    };
    path.parent().join(&FilePath::new(&format!("{stem} ({n}){extension}"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_stands_before_the_extension() {
        for (path, expected) in [
            ("a/report.xlsx", "a/report (2).xlsx"),
            ("report", "report (2)"),
            ("a.b/.profile", "a.b/.profile (2)"),
            ("x.tar.gz", "x.tar (2).gz"),
        ] {
            let path = FilePath::new(path).unwrap();
            assert_eq!(renamed(&path, 2).unwrap().as_str(), expected);
            assert_eq!(renamed(&path, 0).unwrap(), path);
        }
        let long = FilePath::new(&"a".repeat(1_024)).unwrap();
        assert_eq!(renamed(&long, 1), Err(FilePathError::TooLong));
    }
}
