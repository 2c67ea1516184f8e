use headgate_core::{FileError, Files};

/// The files that the manifest mounts into the component, by their path in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct GuestFiles;

impl Files for GuestFiles {
    async fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        std::fs::read(path)
            .map_err(|error| FileError { path: path.to_owned(), reason: error.to_string() })
    }
}
