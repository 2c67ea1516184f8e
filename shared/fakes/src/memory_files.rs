use std::collections::BTreeMap;
use std::sync::Arc;

use headgate_core::{FileError, Files};

/// Files that the test has laid out; there are no others.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles(Arc<BTreeMap<String, Vec<u8>>>);

impl MemoryFiles {
    /// Makes the files from paths and contents; each path as the code under test will ask for it.
    pub fn new<P: Into<String>, C: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, C)>) -> Self {
        let files = files.into_iter().map(|(path, content)| (path.into(), content.into()));
        Self(Arc::new(files.collect()))
    }

    /// Makes a folder without a file.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }
}

impl Files for MemoryFiles {
    async fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let missing = || FileError { path: path.to_owned(), reason: "no such file".to_owned() };
        self.0.get(path).cloned().ok_or_else(missing)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_file_is_read_by_the_path_it_was_laid_out_under() {
        let files = MemoryFiles::new([("policy.xml", "<inbound/>")]);
        assert_eq!(files.read("policy.xml").now_or_never().unwrap().unwrap(), b"<inbound/>");
        let error = files.read("./policy.xml").now_or_never().unwrap().unwrap_err();
        assert_eq!(error.to_string(), "file ./policy.xml cannot be read: no such file");
    }
}
