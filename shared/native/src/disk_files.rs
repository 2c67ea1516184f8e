use std::path::PathBuf;

use headgate_core::{FileError, Files};

/// The files of the disk; a relative path starts at the process's working directory.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiskFiles;

/// The longest file that is read: a document of configuration, not a store.
const LONGEST: u64 = 16 * 1024 * 1024;

impl Files for DiskFiles {
    /// Reads at most 16 MiB; a longer file is an error, and so is what is not a regular file or a link to one.
    async fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let file = PathBuf::from(path);
        // A disk may be a network: it is read off the reactor.
        let read = tokio::task::spawn_blocking(move || {
            let about = std::fs::metadata(&file)?;
            if !about.is_file() {
                return Err(std::io::Error::other("it is not a regular file"));
            }
            if about.len() > LONGEST {
                return Err(std::io::Error::other("it is longer than 16 MiB"));
            }
            std::fs::read(&file)
        });
        let refused = |reason: String| FileError { path: path.to_owned(), reason };
        match read.await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(error)) => Err(refused(error.to_string())),
            Err(error) => Err(refused(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.toml");
        std::fs::write(&path, "[[policy]]").unwrap();
        assert_eq!(DiskFiles.read(path.to_str().unwrap()).await.unwrap(), b"[[policy]]");
    }

    #[tokio::test]
    async fn a_file_that_is_missing_or_a_folder_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        for path in [missing.to_str().unwrap(), folder.path().to_str().unwrap()] {
            let error = DiskFiles.read(path).await.unwrap_err();
            assert_eq!(error.path, path);
            assert!(!error.reason.is_empty());
        }
    }
}
