use std::future::Future;

/// The files that come with a function: what a document names as `file:…`.
///
/// An implementor reads relative to the folder that its host gives the function (`files` in `spin.toml`, the working
/// directory of a native process) and never outside the limits that the host sets.
pub trait Files: Send + Sync {
    /// Reads the whole file at `path`.
    ///
    /// # Errors
    ///
    /// A [`FileError`] that names the path and the host's reason.
    fn read(&self, path: &str) -> impl Future<Output = Result<Vec<u8>, FileError>> + Send;
}

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("file {path} cannot be read: {reason}")]
pub struct FileError {
    /// The path as it was asked for.
    pub path: String,
    /// What the host says.
    pub reason: String,
}
