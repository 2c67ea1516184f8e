use std::path::{Component, Path, PathBuf};

use crate::application::ApplicationError;
use crate::manifest::FilesEntry;

/// The files of a component: folders, and single files that a guest finds under `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mounts {
    pub(crate) folders: Vec<(PathBuf, String)>,
    pub(crate) files: Vec<(PathBuf, String)>,
}

/// Reads the `files` of a component, whose paths are relative to `folder`.
pub(crate) fn mounts(
    component: &str,
    entries: &[FilesEntry],
    folder: &Path,
) -> Result<Mounts, ApplicationError> {
    let refuse = |path: &str, reason| {
        Err(ApplicationError::Files {
            component: component.to_owned(),
            path: path.to_owned(),
            reason,
        })
    };
    let mut mounts = Mounts::default();
    for entry in entries {
        match entry {
            FilesEntry::Folder(entry) if !entry.destination.starts_with('/') => {
                return refuse(&entry.destination, "must be an absolute path of the guest");
            }
            FilesEntry::Folder(entry) => {
                mounts.folders.push((folder.join(&entry.source), entry.destination.clone()));
            }
            FilesEntry::Path(path) if path.contains(['*', '?', '[']) => {
                return refuse(
                    path,
                    "is a pattern, which this host does not serve: name a file, or a folder with source and destination",
                );
            }
            FilesEntry::Path(path) if !stays_inside(Path::new(path)) => {
                return refuse(path, "must be a relative path without ..");
            }
            FilesEntry::Path(path) => mounts.files.push((folder.join(path), path.clone())),
        }
    }
    Ok(mounts)
}

fn stays_inside(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}
