use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::peers::Peers;
use super::scene::Story;
use crate::host::AUTHORITY;

/// What a function finds where a case puts it; its files go with this.
pub(super) struct Setting {
    pub(super) variables: BTreeMap<String, String>,
    /// What the platform sets, besides the function's own variables.
    pub(super) environment: BTreeMap<String, String>,
    /// Files by the paths at which the function finds them.
    pub(super) files: BTreeMap<String, String>,
    /// The folders of these files on this machine, and where a component finds them.
    pub(super) mounts: BTreeSet<(PathBuf, PathBuf)>,
    /// Where the function may call.
    pub(super) hosts: Vec<String>,
    _folder: TempDir,
}

impl Setting {
    /// Fills the case's placeholders in, and writes its files: into `folder`, and for a path of its own, which is a component's
    /// alone, below it.
    ///
    /// # Errors
    ///
    /// The operating system's.
    pub(super) fn lay(story: &Story, peers: &Peers, folder: TempDir) -> io::Result<Self> {
        let names = peers.names();
        let filled = |texts: &BTreeMap<String, String>| {
            let filled = texts.iter().map(|(name, text)| (name.clone(), names.fill(text)));
            filled.collect()
        };
        let (mut files, mut mounts) = (BTreeMap::new(), BTreeSet::new());
        for (name, text) in &story.files {
            let (path, text) = (names.path(name), names.fill(text));
            let seen = path.parent().unwrap_or(Path::new("/"));
            let real = match seen.starts_with(folder.path()) {
                true => seen.to_owned(),
                false => folder.path().join("root").join(seen.strip_prefix("/").unwrap_or(seen)),
            };
            fs::create_dir_all(&real)?;
            fs::write(real.join(path.file_name().unwrap_or_default()), &text)?;
            mounts.insert((real, seen.to_owned()));
            files.insert(path.display().to_string(), text);
        }
        let mut hosts: Vec<_> =
            peers.addresses().iter().map(|peer| format!("http://{peer}")).collect();
        hosts.extend(story.token.as_ref().map(|_| AUTHORITY.clone()));
        Ok(Self {
            variables: filled(&story.variables),
            environment: filled(&story.environment),
            files,
            mounts,
            hosts,
            _folder: folder,
        })
    }
}
